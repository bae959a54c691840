using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Time;

/// <summary>The timers that a keyed function sees: those of the current key, on both clocks.</summary>
/// <param name="state">The state that they are kept in.</param>
/// <param name="farPast">Told of a timer that is long behind its clock; null for none.</param>
internal sealed class TimerService<TKey>(KeyedState<TKey> state, FarPastTimers? farPast = null) : Timers
{
    public TimerQueue<TKey> EventTime { get; } = new(state, "event-time-timers");

    public TimerQueue<TKey> ProcessingTime { get; } = new(state, "processing-time-timers");

    public override void RegisterEventTime(long time)
    {
        farPast?.Look(TimeDomain.EventTime, time, in state.Current.Entry);
        EventTime.Register(in state.Current.Entry, state.Current.Hash, time);
    }

    public override void DeleteEventTime(long time) => EventTime.Delete(in state.Current.Entry, state.Current.Hash, time);

    public override void RegisterProcessingTime(long time)
    {
        farPast?.Look(TimeDomain.ProcessingTime, time, in state.Current.Entry);
        ProcessingTime.Register(in state.Current.Entry, state.Current.Hash, time);
    }

    public override void DeleteProcessingTime(long time) => ProcessingTime.Delete(in state.Current.Entry, state.Current.Hash, time);
}
