using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>Takes timestamps from records, and says which record it was that had none.</summary>
internal static class EventTimestamps
{
    public static void Assign<T>(OperatorSetup setup, WatermarkStrategy<T> strategy, ReadOnlySpan<T> values, Span<long> timestamps, Func<int, string>? placeOf = null)
    {
        if (strategy.Timestamps is not { } timestampOf)
        {
            return;
        }

        int i = 0;
        try
        {
            for (; i < values.Length; i++)
            {
                timestamps[i] = timestampOf(values[i]);
            }
        }
        catch (Exception e)
        {
            throw new UserCodeException(setup.Name, setup.Subtask, $"taking the timestamp of the record {Describe.Value(values[i])}{At(placeOf, i)}", e);
        }

        int none = timestamps.IndexOf(Batch<T>.NoTimestamp);
        if (none >= 0)
        {
            throw new UserCodeException(
                setup.Name, setup.Subtask, $"taking the timestamp of the record {Describe.Value(values[none])}{At(placeOf, none)}",
                new ArgumentOutOfRangeException(nameof(timestamps), "the timestamp is long.MinValue, which means 'none'. Give milliseconds since the Unix epoch."));
        }
    }

    private static string At(Func<int, string>? placeOf, int index) => placeOf is null ? "" : $" at {placeOf(index)}";
}
