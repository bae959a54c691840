using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Time;

/// <summary>Warns once of a timer that is set for a time long past, which fires at once: mostly seconds were given where milliseconds are meant, or the wrong clock. Of one subtask, used on its thread.</summary>
/// <param name="setup">The place of the operator.</param>
/// <param name="context">Knows the watermark, and the time of the record at hand.</param>
internal sealed class FarPastTimers(OperatorSetup setup, FunctionContext context)
{
    private const long YearMs = 365L * 24 * 60 * 60 * 1000;
    private bool _hasWarned;

    public void Look<TKey>(TimeDomain domain, long time, in TKey key)
    {
        if (_hasWarned)
        {
            return;
        }

        // At the end of all time everything is long past.
        long now = domain == TimeDomain.ProcessingTime ? setup.Host.NowMs
            : context.Watermark == long.MaxValue ? context.Timestamp : Math.Max(context.Watermark, context.Timestamp);
        if (now is long.MinValue or long.MaxValue || (double)now - time < YearMs)
        {
            return;
        }

        _hasWarned = true;
        string clock = domain == TimeDomain.EventTime ? "event time" : "the clock";
        setup.Host.Log(
            EngineLogLevel.Warning,
            $"Operator '{setup.Name}' (subtask {setup.Subtask}) set a timer of key {Describe.Value(key)} for {Describe.Timestamp(time)}, more than a year behind {clock}, {Describe.Timestamp(now)}: it fires at once. "
            + $"Times are milliseconds since 1970, not seconds, and {(domain == TimeDomain.EventTime ? "RegisterEventTime" : "RegisterProcessingTime")} goes by {clock}. This is said once.");
    }
}
