namespace OrleansStream.TestKit;

/// <summary>The time that user code waits for in a test: its timers fire when a driver says so, on the driver's thread.</summary>
internal sealed class VirtualTime(Func<long> nowMs) : TimeProvider
{
    private readonly List<VirtualTimer> _timers = [];

    public override long TimestampFrequency => 1000;

    /// <summary>How many timers are due.</summary>
    public int Due => _timers.Count(t => t.DueMs <= nowMs());

    /// <summary>When the next timer is due; <c>long.MaxValue</c> for never.</summary>
    public long NextMs => _timers.Count == 0 ? long.MaxValue : _timers.Min(t => t.DueMs);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(nowMs());

    public override long GetTimestamp() => nowMs();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        VirtualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires one of the timers that are due.</summary>
    /// <param name="index">Which, from 0, in the order in which they were set.</param>
    public void Fire(int index)
    {
        VirtualTimer timer = _timers.Where(t => t.DueMs <= nowMs()).ElementAt(index);
        _timers.Remove(timer);
        timer.Fire();
    }

    /// <summary>The process is dead: nothing fires any more.</summary>
    public void Clear() => _timers.Clear();

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public long DueMs { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            time._timers.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                DueMs = time.GetTimestamp() + (long)Math.Ceiling(dueTime.TotalMilliseconds);
                time._timers.Add(this);
            }

            return true;
        }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
            {
                Change(_period, _period);
            }

            callback(state);
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
