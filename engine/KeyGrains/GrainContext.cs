using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.KeyGrains;

/// <summary>What the code of a call may ask and do. It runs on another thread than the subtask, so that what it does to timers and side outputs is noted, and done when the call has ended.</summary>
internal sealed class GrainContext<TKey>(Operator owner) : KeyedContext<TKey>
{
    private readonly NotedTimers _timers = new();
    private readonly List<SideRecord> _sides = [];
    private TKey _key = default!;
    private int _late;

    public override TKey Key => _key;

    public override Timers Timers => _timers;

    public override long ProcessingTime => owner.Setup.Host.NowMs;

    public void Begin(TKey key, long watermark)
    {
        _key = key;
        Watermark = watermark;
        Timestamp = long.MinValue;
    }

    public override void Emit<TSide>(OutputTag<TSide> tag, in TSide value)
    {
        ArgumentNullException.ThrowIfNull(tag);
        _sides.Add(new SideRecord<TSide>(tag, value, Timestamp));
    }

    internal override void CountLate() => _late++;

    /// <summary>Does what the call has noted; on the subtask's thread.</summary>
    public void Apply(ulong hash, TimerService<TKey> timers, SideOutputs sides)
    {
        foreach ((bool register, TimeDomain domain, long time) in _timers.Noted)
        {
            TimerQueue<TKey> queue = domain == TimeDomain.EventTime ? timers.EventTime : timers.ProcessingTime;
            if (register)
            {
                queue.Register(in _key, hash, time);
            }
            else
            {
                queue.Delete(in _key, hash, time);
            }
        }

        _timers.Noted.Clear();
        foreach (SideRecord side in _sides)
        {
            side.Emit(sides);
        }

        _sides.Clear();
        if (_late > 0)
        {
            Volatile.Write(ref owner.Metrics.LateDroppedCount, owner.Metrics.LateDroppedCount + _late);
            _late = 0;
        }
    }

    private sealed class NotedTimers : Timers
    {
        public List<(bool Register, TimeDomain Domain, long Time)> Noted { get; } = [];

        public override void RegisterEventTime(long time) => Noted.Add((true, TimeDomain.EventTime, time));

        public override void DeleteEventTime(long time) => Noted.Add((false, TimeDomain.EventTime, time));

        public override void RegisterProcessingTime(long time) => Noted.Add((true, TimeDomain.ProcessingTime, time));

        public override void DeleteProcessingTime(long time) => Noted.Add((false, TimeDomain.ProcessingTime, time));
    }

    private abstract class SideRecord
    {
        public abstract void Emit(SideOutputs sides);
    }

    private sealed class SideRecord<TSide>(OutputTag<TSide> tag, TSide value, long timestamp) : SideRecord
    {
        public override void Emit(SideOutputs sides) => sides.Emit(tag, in value, timestamp);
    }
}
