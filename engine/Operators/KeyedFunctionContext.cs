using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Operators;

/// <summary>The context of keyed functions.</summary>
internal sealed class KeyedFunctionContext<TKey>(Operator owner, KeyedState<TKey> state) : KeyedContext<TKey>, ISideContext
{
    private readonly SideOutputs _sides = new(owner);

    public TimerService<TKey> Service { get; } = new(state);

    public override TKey Key => state.Current.Entry;

    public override Timers Timers => Service;

    public override long ProcessingTime => owner.Setup.Host.NowMs;

    public bool SideIsFull
    {
        get
        {
            bool full = _sides.IsFull;
            _sides.Flushed();
            return full;
        }
    }

    public override void Emit<TSide>(OutputTag<TSide> tag, in TSide value) => _sides.Emit(tag, in value, Timestamp);

    internal override void CountLate() => Volatile.Write(ref owner.Metrics.LateDroppedCount, owner.Metrics.LateDroppedCount + 1);
}
