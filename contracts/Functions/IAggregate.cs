namespace OrleansStream;

/// <summary>
/// An incremental aggregate. Implement it as a <c>readonly struct</c>: the operator is closed over the concrete type, so that no delegate or
/// virtual call is made per record. It must keep nothing but its accumulators.
/// </summary>
/// <typeparam name="TIn">The type of the records that are added.</typeparam>
/// <typeparam name="TAcc">The type of the accumulator; it is state, so it needs a serializer. A struct is best.</typeparam>
/// <typeparam name="TOut">The type of the result.</typeparam>
public interface IAggregate<TIn, TAcc, TOut>
{
    /// <summary>A new accumulator with nothing in it.</summary>
    TAcc Create();

    /// <summary>Adds a record.</summary>
    /// <param name="accumulator">Where to.</param>
    /// <param name="value">The record.</param>
    void Add(ref TAcc accumulator, in TIn value);

    /// <summary>The result so far; the accumulator may be added to afterwards and is not changed.</summary>
    /// <param name="accumulator">The accumulator.</param>
    TOut Result(in TAcc accumulator);

    /// <summary>
    /// Adds what another accumulator holds, whose records came later in event time. Optional: sliding windows share work with it, and sessions, local pre-aggregation and
    /// merging need it. <paramref name="from"/> is not changed.
    /// </summary>
    /// <param name="into">Where to.</param>
    /// <param name="from">What to add.</param>
    void Merge(ref TAcc into, in TAcc from) =>
        throw new NotSupportedException($"{GetType().Name} has no Merge. Implement IAggregate<,,>.Merge.");
}
