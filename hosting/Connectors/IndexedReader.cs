using System.Globalization;

namespace OrleansStream.Connectors;

/// <summary>Reads splits of a numbered sequence, in turn.</summary>
internal abstract class IndexedReader<T>(SourceContext context, double? recordsPerSecond) : ISourceReader<T>
{
    private readonly Dictionary<int, Split> _byHandle = [];
    private readonly List<Split> _splits = [];
    private int _next;

    public void AddSplit(int handle, SourceSplit split)
    {
        (long first, long step, long emitted) = IndexedSplits.Parse(split);
        Split added = new(handle, first, step)
        {
            Emitted = emitted,
            Count = CountBelow(first, step),
            Throttle = recordsPerSecond is { } rate ? new Throttle(rate / step) : null,
        };
        if (emitted > added.Count)
        {
            throw new StateRestoreException(
                $"Source '{context.OperatorName}': the split '{split.Id}' has {added.Count} records, but the checkpoint has read {emitted} of it. Give the source what it had, or start without the checkpoint.");
        }

        _byHandle.Add(handle, added);
        _splits.Add(added);
    }

    public PollResult Poll(SourceOutput<T> output)
    {
        long wakeMs = long.MaxValue;
        for (int i = 0; i < _splits.Count; i++)
        {
            _next = _next < _splits.Count ? _next : 0;
            Split split = _splits[_next];
            if (split.IsHeld)
            {
                _next++;
                continue;
            }

            int records = (int)Math.Min(output.Room, split.Count - split.Emitted);
            if (split.Throttle is { } throttle && records > 0)
            {
                records = throttle.Available(context.ProcessingTime, records);
                if (records == 0)
                {
                    wakeMs = Math.Min(wakeMs, throttle.NextMs);
                    _next++;
                    continue;
                }

                throttle.Take(records);
            }

            Emit(output, split.First + (split.Emitted * split.Step), split.Step, records);
            split.Emitted += records;
            if (split.Emitted == split.Count)
            {
                _splits.RemoveAt(_next);
                _byHandle.Remove(split.Handle);
                return PollResult.End(split.Handle);
            }

            _next++;
            return PollResult.Read(split.Handle);
        }

        if (wakeMs != long.MaxValue)
        {
            context.WakeAt(wakeMs);
        }

        return PollResult.Nothing;
    }

    public ReadOnlyMemory<byte> Position(int handle) => IndexedSplits.Position(_byHandle[handle].Emitted);

    public void Hold(int handle, bool hold) => _byHandle[handle].IsHeld = hold;

    public string Describe(int handle) => string.Create(CultureInfo.InvariantCulture, $"{_byHandle[handle].Emitted} records read");

    public virtual void Dispose()
    {
    }

    /// <summary>How many records a split has.</summary>
    protected abstract long CountBelow(long first, long step);

    /// <summary>Emits records.</summary>
    protected abstract void Emit(SourceOutput<T> output, long first, long step, int records);

    private sealed class Split(int handle, long first, long step)
    {
        public int Handle { get; } = handle;

        public long First { get; } = first;

        public long Step { get; } = step;

        public long Count { get; init; }

        public long Emitted { get; set; }

        public bool IsHeld { get; set; }

        public Throttle? Throttle { get; init; }
    }
}
