using System.Buffers.Binary;
using System.Globalization;

namespace OrleansStream.Simulation;

/// <summary>Reads splits of given records, a few at a time, so that a job lasts as long as the faults do.</summary>
/// <param name="name">Its name.</param>
/// <param name="splits">The records.</param>
/// <param name="atOnce">How many are read between two pauses.</param>
/// <param name="pauseMs">How long a pause is.</param>
/// <param name="growsEachMs">After how long the next split is there; zero if all are there from the beginning.</param>
internal sealed class PacedSource<T>(string name, IReadOnlyList<IReadOnlyList<T>> splits, int atOnce, int pauseMs, int growsEachMs = 0) : ISource<T>
{
    public string Description => name;

    public bool IsBounded => growsEachMs == 0;

    public ISplitEnumerator CreateEnumerator(SourceContext context) => new Enumerator(splits.Count, growsEachMs, context);

    public ISourceReader<T> CreateReader(SourceContext context) => new Reader(splits, atOnce, pauseMs, context);

    // Of one that grows, the first look finds one more than are known.
    private sealed class Enumerator(int count, int growsEachMs, SourceContext context) : ISplitEnumerator
    {
        private int _found = growsEachMs == 0 ? count : Math.Min(count, context.KnownSplits.Count);

        public TimeSpan? DiscoveryInterval => _found == count ? null : TimeSpan.FromMilliseconds(growsEachMs);

        public IReadOnlyList<SourceSplit> Discover()
        {
            _found = Math.Min(count, _found + 1);
            return [.. Enumerable.Range(0, _found).Select(i => new SourceSplit(i.ToString(CultureInfo.InvariantCulture)))];
        }

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
