using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Time;

/// <summary>The timers that a keyed function sees: those of the current key, on both clocks.</summary>
internal sealed class TimerService<TKey>(KeyedState<TKey> state) : Timers
{
    public TimerQueue<TKey> EventTime { get; } = new(state, "event-time-timers");

    public TimerQueue<TKey> ProcessingTime { get; } = new(state, "processing-time-timers");

    public override void RegisterEventTime(long time) => EventTime.Register(in state.Current.Entry, state.Current.Hash, time);

    public override void DeleteEventTime(long time) => EventTime.Delete(in state.Current.Entry, state.Current.Hash, time);

    public override void RegisterProcessingTime(long time) => ProcessingTime.Register(in state.Current.Entry, state.Current.Hash, time);

    public override void DeleteProcessingTime(long time) => ProcessingTime.Delete(in state.Current.Entry, state.Current.Hash, time);
}
