using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansStream.Commits;

namespace OrleansStream.Simulation;

/// <summary>An epoch of a <see cref="DeferredSink"/>: all that anybody needs to write it.</summary>
/// <param name="Id">The transactional id that writes it.</param>
/// <param name="Epoch">Its place in the chain of the id.</param>
/// <param name="Rows">Its rows.</param>
internal sealed record DeferredEpoch(string Id, PendingEpoch Epoch, IReadOnlyList<string> Rows)
{
    public const int RowsPerTransaction = 6;

    /// <summary>Its transactions.</summary>
    [JsonIgnore]
    public IEnumerable<Unit> Units => Rows.Chunk(RowsPerTransaction)
        .Select((rows, i) => new Unit(string.Create(CultureInfo.InvariantCulture, $"{Id}/{Epoch.CheckpointId}/{i + 1}"), Epoch.CheckpointId, rows));
}

/// <summary>
/// A sink that defers its writes, as DESIGN §9 says of Kafka's: rows are spooled into the checkpoint; after its completion a transaction per part writes them with a mark. The writer is told apart from zombies by
/// transactional ids only. One object per subtask, which writer and committer share.
/// </summary>
internal sealed class DeferredSink(World world, UnknownEpochPolicy policy) : ITwoPhaseSink<string>
{
    private readonly SortedDictionary<string, Chain> _chains = new(StringComparer.Ordinal);

    public string Description => "topic";

    public ISinkWriter<string> CreateWriter(SinkContext context) => new Writer(this, context);

    public ISinkCommitter CreateCommitter(SinkContext context) => new Committer(this, context);

    private static string IdOf(SinkContext context) => $"{context.Job}-{context.OperatorUid}-{context.Subtask.ToString(CultureInfo.InvariantCulture)}";

    private Chain ChainOf(string id)
    {
        if (!_chains.TryGetValue(id, out Chain? chain))
        {
            _chains.Add(id, chain = new Chain(id));
        }

        return chain;
    }

    // Fences whoever had the id, and only then looks how far it has written.
    private void Begin(Chain chain, SinkContext context, UnknownEpochPolicy choice)
    {
        chain.Producer = world.Topic.Initialize(chain.Id);
        EpochMark? mark = world.Topic.MarkOf(chain.Id);
        DeferredStart start = DeferredStart.Decide(mark, [.. chain.Held.Select(h => h.Epoch)], choice, EpochMark.Beginning(context.Incarnation, context.Attempt));
        switch (start.Kind)
        {
            case DeferredStartKind.Unknown:
                throw new ConnectorException(
                    $"Sink '{context.OperatorName}': whether '{chain.Id}' has written {chain.Held[start.Epoch].Epoch} is unknown, its mark is {mark?.ToString() ?? "missing"}. Choose rewrite or skip.");
            case DeferredStartKind.Begin:
                world.Topic.Write(chain.Id, chain.Producer, start.Tail, null);
                break;
            default:
                break;
        }

        chain.Written.UnionWith(chain.Held.Take(start.Epoch).Select(h => h.Epoch.CheckpointId));
        chain.Parts = start.PartsWritten;
        chain.Tail = start.Tail;
        chain.IsSure = true;
    }

    private sealed class Chain(string id)
    {
        public string Id { get; } = id;

        public int Producer { get; set; }

        // What the sink's snapshots have: prepared, and its commit has not returned.
        public List<DeferredEpoch> Held { get; } = [];

        public HashSet<long> Written { get; } = [];

        // Of the first epoch that is not written.
        public int Parts { get; set; }

        public EpochMark Tail { get; set; }

        public bool IsSure { get; set; }
    }

    private sealed class Writer : PacedWriter
    {
        private readonly DeferredSink _sink;
        private readonly SinkContext _context;

        public Writer(DeferredSink sink, SinkContext context) : base(sink.World, context)
        {
            _sink = sink;
            _context = context;
        }

        public override Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
        {
            List<string> rows = TakeRows();
            return () =>
            {
                Chain chain = _sink.ChainOf(IdOf(_context));
                DeferredEpoch? epoch = null;
                if (rows.Count > 0)
                {
                    int parts = (rows.Count + DeferredEpoch.RowsPerTransaction - 1) / DeferredEpoch.RowsPerTransaction;
                    epoch = new DeferredEpoch(chain.Id, new PendingEpoch(_context.Incarnation, checkpointId, parts, chain.Tail), rows);
                    chain.Tail = epoch.Epoch.End;
                    chain.Held.Add(epoch);
                }

                _sink.World.Topic.NotePending(checkpointId, _context.OperatorUid, _context.Subtask, [.. _sink._chains.Values.SelectMany(c => c.Held)]);
                return epoch is null ? [] : new Overwritten(JsonSerializer.SerializeToUtf8Bytes(epoch));
            };
        }
    }

    private sealed class Committer(DeferredSink sink, SinkContext context) : ISinkCommitter
    {
        public void Restore(long checkpointId, IReadOnlyList<byte[]> committables)
        {
            foreach (DeferredEpoch epoch in committables.Select(Read))
            {
                sink.ChainOf(epoch.Id).Held.Add(epoch);
            }
        }

        // The own id, also if nothing of it is pending, and those that are inherited.
        public void AbortUnprepared()
        {
            sink.ChainOf(IdOf(context));
            foreach (Chain chain in sink._chains.Values)
            {
                sink.Begin(chain, context, sink.Policy);
            }
        }

        public void Commit(long checkpointId, IReadOnlyList<byte[]> committables)
        {
            foreach (DeferredEpoch epoch in committables.Select(Read))
            {
                Write(sink.ChainOf(epoch.Id), epoch, checkpointId);
            }
        }

        public void Dispose()
        {
        }

        private static DeferredEpoch Read(byte[] committable) => JsonSerializer.Deserialize<DeferredEpoch>(committable)!;

        private void Write(Chain chain, DeferredEpoch epoch, long checkpointId)
        {
            EpochMark tail = chain.Tail;
            if (!chain.IsSure)
            {
                // The outcome of the last transaction is unknown, so the mark is asked again; what was chosen at the start is not chosen again.
                sink.Begin(chain, context, UnknownEpochPolicy.Fail);
                chain.Tail = tail;
            }

            if (!chain.Written.Contains(epoch.Epoch.CheckpointId))
            {
                chain.IsSure = false;
                foreach ((Unit unit, int part) in epoch.Units.Select((u, i) => (u, i + 1)).Skip(chain.Parts))
                {
                    sink.World.RequireCompleted(checkpointId, unit.Key);
                    sink.World.Topic.Write(chain.Id, chain.Producer, epoch.Epoch.MarkOf(part), unit);
                }

                chain.Parts = 0;
                chain.IsSure = true;
            }

            chain.Held.RemoveAll(h => h.Epoch.CheckpointId == epoch.Epoch.CheckpointId);
        }
    }

    private UnknownEpochPolicy Policy => policy;

    private World World => world;
}
