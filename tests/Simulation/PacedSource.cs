using System.Buffers.Binary;
using System.Globalization;

namespace OrleansStream.Simulation;

/// <summary>Reads splits of given records, a few at a time, so that a job lasts as long as the faults do.</summary>
internal sealed class PacedSource<T>(string name, IReadOnlyList<IReadOnlyList<T>> splits, int atOnce, int pauseMs) : ISource<T>
{
    public string Description => name;

    public bool IsBounded => true;

    public ISplitEnumerator CreateEnumerator(SourceContext context) => new Enumerator(splits.Count);

    public ISourceReader<T> CreateReader(SourceContext context) => new Reader(splits, atOnce, pauseMs, context);

    private sealed class Enumerator(int count) : ISplitEnumerator
    {
        public TimeSpan? DiscoveryInterval => null;

        public IReadOnlyList<SourceSplit> Discover() => [.. Enumerable.Range(0, count).Select(i => new SourceSplit(i.ToString(CultureInfo.InvariantCulture)))];

        public void Dispose()
        {
        }
    }

    private sealed class Reader(IReadOnlyList<IReadOnlyList<T>> splits, int atOnce, int pauseMs, SourceContext context) : ISourceReader<T>
    {
        private readonly SortedDictionary<int, (int Split, int Next)> _positions = [];
        private readonly Queue<int> _open = new();
        private long _dueMs = long.MinValue;
        private int _burst; // records since the last pause, of all splits

        public void AddSplit(int handle, SourceSplit split)
        {
            int next = split.Position.IsEmpty ? 0 : BinaryPrimitives.ReadInt32LittleEndian(split.Position.Span);
            _positions.Add(handle, (int.Parse(split.Id, CultureInfo.InvariantCulture), next));
            _open.Enqueue(handle);
        }

        public PollResult Poll(SourceOutput<T> output)
        {
            if (_open.Count == 0)
            {
                return PollResult.Nothing;
            }

            // A clock that is set back must not stop the source.
            long now = context.ProcessingTime;
            if (now < _dueMs && _dueMs <= now + pauseMs)
            {
                context.WakeAt(_dueMs);
                return PollResult.Nothing;
            }

            int handle = _open.Dequeue();
            (int split, int next) = _positions[handle];
            while (_burst < atOnce && next < splits[split].Count && output.Room > 0)
            {
                output.Emit(splits[split][next++]);
                _burst++;
            }

            _positions[handle] = (split, next);
            if (next == splits[split].Count)
            {
                return PollResult.End(handle);
            }

            _open.Enqueue(handle);
            if (_burst == atOnce)
            {
                _burst = 0;
                _dueMs = now + pauseMs;
            }

            return PollResult.Read(handle);
        }

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
