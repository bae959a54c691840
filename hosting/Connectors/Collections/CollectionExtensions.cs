namespace OrleansStream;

/// <summary>Begins streams from collections.</summary>
public static class CollectionExtensions
{
    /// <summary>Begins a stream of the elements of a collection.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="env">The environment.</param>
    /// <param name="items">The elements; as for <see cref="MemorySource.Of{T}(IEnumerable{T})"/>.</param>
    /// <param name="watermarks">How they get timestamps and watermarks; null for none.</param>
    public static OperatorStream<T> FromCollection<T>(this StreamEnvironment env, IEnumerable<T> items, WatermarkStrategy<T>? watermarks = null)
    {
        ArgumentNullException.ThrowIfNull(env);
        return env.FromSource(MemorySource.Of(items), watermarks);
    }

    /// <summary>Begins a stream of the elements of a collection, with their timestamps.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="env">The environment.</param>
    /// <param name="items">The elements and their timestamps in milliseconds.</param>
    /// <param name="watermarks">How watermarks are made; null for none.</param>
    public static OperatorStream<T> FromCollection<T>(
        this StreamEnvironment env, IEnumerable<(T Value, long Timestamp)> items, WatermarkStrategy<T>? watermarks = null)
    {
        ArgumentNullException.ThrowIfNull(env);
        return env.FromSource(MemorySource.Of(items), watermarks);
    }
}
