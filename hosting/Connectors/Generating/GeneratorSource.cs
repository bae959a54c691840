namespace OrleansStream;

/// <summary>Sources that make records of the numbers 0, 1, 2 …: for tests, demonstrations and measurements.</summary>
public static class GeneratorSource
{
    /// <summary>Makes a given number of records, then ends.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="make">Makes the record of a number, always the same one; called on the subtask's thread.</param>
    /// <param name="count">How many records.</param>
    public static GeneratorSource<T> Of<T>(Func<long, T> make, long count)
    {
        ArgumentNullException.ThrowIfNull(make);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new GeneratorSource<T>(make, count, null, null);
    }

    /// <summary>Makes records for ever.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="make">Makes the record of a number, always the same one; called on the subtask's thread.</param>
    /// <param name="recordsPerSecond">The rate over all subtasks; null for as fast as they are taken.</param>
    public static GeneratorSource<T> Unbounded<T>(Func<long, T> make, double? recordsPerSecond = null)
    {
        ArgumentNullException.ThrowIfNull(make);
        GeneratorSource<T> source = new(make, null, null, null);
        return recordsPerSecond is { } rate ? source.Throttle(rate) : source;
    }
}
