using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Operators;

/// <summary>The context of keyed functions.</summary>
internal sealed class KeyedFunctionContext<TKey> : KeyedContext<TKey>, ISideContext
{
    private readonly Operator _owner;
    private readonly KeyedState<TKey> _state;
    private readonly SideOutputs _sides;

    public KeyedFunctionContext(Operator owner, KeyedState<TKey> state)
    {
        _owner = owner;
        _state = state;
        _sides = new SideOutputs(owner);
        Service = new TimerService<TKey>(state, new FarPastTimers(owner.Setup, this));
    }

    public TimerService<TKey> Service { get; }

    public override TKey Key => _state.Current.Entry;

    public override Timers Timers => Service;

    public override long ProcessingTime => _owner.Setup.Host.NowMs;

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

    internal override void CountLate() => Volatile.Write(ref _owner.Metrics.LateDroppedCount, _owner.Metrics.LateDroppedCount + 1);
}
