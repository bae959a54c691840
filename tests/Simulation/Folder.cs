using System.Text;

namespace OrleansStream.Simulation;

/// <summary>What two-phase sinks write to: epochs are put there when they are prepared, and get their visible name when they are committed.</summary>
internal sealed class Folder(World world)
{
    private readonly HashSet<string> _committed = [];
    private Dictionary<string, Staged> _staged = [];
    private int _writers;

    /// <summary>Epochs that are prepared and neither committed nor aborted, with their attempts.</summary>
    public IEnumerable<(string Key, int Attempt)> Prepared => _staged.Select(s => (s.Key, s.Value.Attempt));

    public int NextWriter() => ++_writers;

    public void Stage(int attempt, Unit unit) => _staged.Add(unit.Key, new Staged(attempt, unit));

    public void AbortUnprepared(int attempt, long restored)
    {
        foreach (string key in _staged.Where(s => s.Value.Attempt < attempt && s.Value.Unit.Epoch > restored).Select(s => s.Key).ToArray())
        {
            _staged.Remove(key);
        }
    }

    public void Commit(long checkpointId, string key)
    {
        StoreFault fault = world.AtCommit();
        fault.ThrowBefore();
        world.RequireCompleted(checkpointId, key);
        if (_committed.Add(key))
        {
            if (_staged.Remove(key, out Staged? staged))
            {
                world.Output.Append(staged.Unit);
            }
            else
            {
                world.Violations.Add($"{key} is committed for checkpoint {checkpointId}, and was aborted or never prepared");
            }
        }

        fault.ThrowAfter();
    }

    /// <summary>A copy of the folder as it was at a savepoint's barrier.</summary>
    public FolderCopy CopyAt(long checkpointId) =>
        new([.. world.Output.Stored.Where(u => u.Epoch <= checkpointId)], _staged.Where(s => s.Value.Unit.Epoch <= checkpointId).ToDictionary());

    /// <summary>The owner puts a copy back before the job is restored from its savepoint. Nothing of the old run is alive.</summary>
    public void PutBack(FolderCopy copy)
    {
        world.Output.Replace(copy.Units);
        _committed.Clear();
        _committed.UnionWith(copy.Units.Select(u => u.Key));
        _staged = new Dictionary<string, Staged>(copy.Staged);
    }

    internal sealed record Staged(int Attempt, Unit Unit);

    internal sealed record FolderCopy(IReadOnlyList<Unit> Units, IReadOnlyDictionary<string, Staged> Staged)
    {
        public static FolderCopy Empty { get; } = new([], new Dictionary<string, Staged>());
    }
}

/// <summary>A two-phase sink that writes to a <see cref="Folder"/>.</summary>
internal sealed class FolderSink(World world) : ITwoPhaseSink<string>
{
    public string Description => "folder";

    public ISinkWriter<string> CreateWriter(SinkContext context) => new Writer(world, context);

    public ISinkCommitter CreateCommitter(SinkContext context) => new Committer(world.Folder, context);

    private sealed class Writer : PacedWriter
    {
        private readonly World _world;
        private readonly SinkContext _context;

        // Two writers of one subtask and attempt exist when a deployment is repeated to a new process; their names differ.
        private readonly int _number;
        private int _epochs;

        public Writer(World world, SinkContext context) : base(world, context)
        {
            _world = world;
            _context = context;
            _number = world.Folder.NextWriter();
        }

        public override Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
        {
            List<string> rows = TakeRows();
            string key = $"{_context.OperatorUid}/{_context.Subtask}/{_context.Attempt}/{_number}/{++_epochs}";
            return () =>
            {
                if (rows.Count == 0)
                {
                    return [];
                }

                _world.Folder.Stage(_context.Attempt, new Unit(key, checkpointId, rows));
                return [Encoding.UTF8.GetBytes(key)];
            };
        }
    }

    private sealed class Committer(Folder folder, SinkContext context) : ISinkCommitter
    {
        public void AbortUnprepared() => folder.AbortUnprepared(context.Attempt, context.RestoredCheckpoint);

        public void Commit(long checkpointId, IReadOnlyList<byte[]> committables)
        {
            foreach (byte[] committable in committables)
            {
                folder.Commit(checkpointId, Encoding.UTF8.GetString(committable));
            }
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>A writer that takes a few rows at a time, and none while the world stands still.</summary>
internal abstract class PacedWriter : ISinkWriter<string>
{
    private readonly World _world;
    private List<string> _rows = [];

    protected PacedWriter(World world, SinkContext context)
    {
        _world = world;
        world.OnAccept(context.Wake);
    }

    public int Write(ReadOnlySpan<string> values, ReadOnlySpan<long> timestamps)
    {
        int n = _world.Accepts ? Math.Min(values.Length, 5) : 0;
        _rows.AddRange(values[..n]);
        return n;
    }

    public abstract Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId);

    public void Dispose()
    {
    }

    protected List<string> TakeRows()
    {
        List<string> rows = _rows;
        _rows = [];
        return rows;
    }
}
