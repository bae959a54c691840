using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Operators;

/// <summary>Calls a function's OnTimer.</summary>
internal delegate void TimerAction<TKey, TOut>(in FiredTimer timer, KeyedContext<TKey> context, Output<TOut> output);

/// <summary>Fires the timers of a keyed function, one at a time, and stops whenever the output is full.</summary>
internal sealed class TimerFiring<TKey, TOut>(
    Operator owner, KeyedState<TKey> state, KeyedFunctionContext<TKey> context, OutputLink<TOut> main, TimerAction<TKey, TOut> action)
{
    /// <returns>Whether no timer at or before the time is left.</returns>
    public bool FireEventTime(long watermark) => Fire(context.Service.EventTime, watermark, TimeDomain.EventTime);

    public bool FireProcessingTime(long now) => Fire(context.Service.ProcessingTime, now, TimeDomain.ProcessingTime);

    private bool Fire(TimerQueue<TKey> queue, long upTo, TimeDomain domain)
    {
        while (queue.TryTake(upTo, out TKey key, out ulong hash, out long time))
        {
            state.SetKey(in key, hash);
            context.Timestamp = main.Output.Timestamp = domain == TimeDomain.EventTime ? time : Batch<TOut>.NoTimestamp;
            try
            {
                action(new FiredTimer(time, domain), context, main.Output);
            }
            catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
            {
                throw new UserCodeException(
                    owner.Setup.Name, owner.Setup.Subtask, $"in OnTimer of key {Describe.Value(key)} ({domain} {Describe.Timestamp(time)})", e);
            }

            if ((main.IsFull || context.SideIsFull) && !owner.Advance())
            {
                return false;
            }
        }

        return true;
    }
}
