using System.Buffers.Binary;

namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>Reads splits of given records, in turns; its gate may hold records back.</summary>
internal sealed class ListSource<T>(string name, IReadOnlyList<IReadOnlyList<T>> splits, bool bounded = true, SourceGate? gate = null) : ISource<T>
{
    public string Description => name;

    public bool IsBounded => bounded;

    public ISplitEnumerator CreateEnumerator(SourceContext context)
    {
        gate?.OnDiscover?.Invoke();
        return new Enumerator(splits.Count);
    }

    public ISourceReader<T> CreateReader(SourceContext context) => new Reader(splits, bounded, gate, context);

    private sealed class Enumerator(int count) : ISplitEnumerator
    {
        public TimeSpan? DiscoveryInterval => null;

        public IReadOnlyList<SourceSplit> Discover() => [.. Enumerable.Range(0, count).Select(i => new SourceSplit($"split-{i}"))];

        public void Dispose()
        {
        }
    }

    private sealed class Reader : ISourceReader<T>
    {
        private readonly IReadOnlyList<IReadOnlyList<T>> _splits;
        private readonly bool _bounded;
        private readonly SourceGate? _gate;
        private readonly SourceContext _context;
        private long _nextMs;
        private readonly Dictionary<int, (int Split, int Next)> _positions = [];
        private readonly List<int> _open = [];
        private readonly HashSet<int> _held = [];

        public Reader(IReadOnlyList<IReadOnlyList<T>> splits, bool bounded, SourceGate? gate, SourceContext context)
        {
            _splits = splits;
            _bounded = bounded;
            _gate = gate;
            _context = context;
            gate?.Register(context.Wake);
        }

        public void AddSplit(int handle, SourceSplit split)
        {
            int next = split.Position.IsEmpty ? 0 : BinaryPrimitives.ReadInt32LittleEndian(split.Position.Span);
            _positions.Add(handle, (int.Parse(split.Id["split-".Length..], System.Globalization.CultureInfo.InvariantCulture), next));
            _open.Add(handle);
        }

        public PollResult Poll(SourceOutput<T> output)
        {
            int most = int.MaxValue;
            if (ListPace.Ms > 0)
            {
                if (_context.ProcessingTime < _nextMs)
                {
                    _context.WakeAt(_nextMs);
                    return PollResult.Nothing;
                }

                _nextMs = _context.ProcessingTime + ListPace.Ms;
                most = ListPace.Records;
            }

            for (int tries = _open.Count; tries > 0; tries--)
            {
                int handle = _open[0];
                _open.RemoveAt(0);
                if (_held.Contains(handle))
                {
                    _open.Add(handle);
                    continue;
                }

                (int split, int next) = _positions[handle];
                IReadOnlyList<T> records = _splits[split];
                int before = next;
                long limit = _gate?.Limit ?? long.MaxValue;
                while (next < records.Count && next < limit && output.Room > 0 && next - before < most)
                {
                    _gate?.OnEmit?.Invoke(next);
                    output.Emit(records[next++]);
                }

                _positions[handle] = (split, next);
                if (_bounded && next == records.Count)
                {
                    return PollResult.End(handle);
                }

                _open.Add(handle);
                if (next > before)
                {
                    return PollResult.Read(handle);
                }
            }

            return PollResult.Nothing;
        }

        public void Hold(int handle, bool hold) => Assert.True(_open.Contains(handle) && (hold ? _held.Add(handle) : _held.Remove(handle)));

        public ReadOnlyMemory<byte> Position(int handle)
        {
            byte[] bytes = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, _positions[handle].Next);
            return bytes;
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>Slows all list sources of the process down, so that a job lasts as long as a failure takes to be noticed.</summary>
internal static class ListPace
{
    public const int Records = 3;
    private static int s_ms;

    /// <summary>How long a reader waits after each few records; 0 for not at all.</summary>
    public static int Ms
    {
        get => Volatile.Read(ref s_ms);
        set => Volatile.Write(ref s_ms, value);
    }
}

/// <summary>Holds a <see cref="ListSource{T}"/> back, or makes it fail.</summary>
internal sealed class SourceGate
{
    private readonly List<Action> _wakes = [];
    private long _limit = long.MaxValue;

    /// <summary>How many records each split may give.</summary>
    public long Limit
    {
        get => Volatile.Read(ref _limit);
        set
        {
            Volatile.Write(ref _limit, value);
            foreach (Action wake in _wakes)
            {
                wake();
            }
        }
    }

    /// <summary>Called before each record, with its number in its split.</summary>
    public Action<int>? OnEmit { get; set; }

    public Action? OnDiscover { get; set; }

    public void Register(Action wake)
    {
        lock (_wakes)
        {
            _wakes.Add(wake);
        }
    }
}
