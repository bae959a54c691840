using System.Diagnostics.CodeAnalysis;

namespace OrleansStream.State;

/// <summary>An accumulator per key, to which values are added at once.</summary>
/// <typeparam name="TIn">The type of the values that are added.</typeparam>
/// <typeparam name="TOut">The type of the result.</typeparam>
public abstract class AggregatingState<TIn, TOut>
{
    /// <summary>Adds a value.</summary>
    /// <param name="value">The value.</param>
    public abstract void Add(in TIn value);

    /// <summary>Reads the result so far.</summary>
    /// <param name="result">The result.</param>
    /// <returns>Whether anything was added.</returns>
    public abstract bool TryGet([MaybeNullWhen(false)] out TOut result);

    /// <summary>Forgets all that was added.</summary>
    public abstract void Clear();
}
