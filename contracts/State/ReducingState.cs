using System.Diagnostics.CodeAnalysis;

namespace OrleansStream.State;

/// <summary>One value per key, into which added values are reduced at once.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public abstract class ReducingState<T>
{
    /// <summary>Adds a value.</summary>
    /// <param name="value">The value.</param>
    public abstract void Add(in T value);

    /// <summary>Reads what the added values were reduced to.</summary>
    /// <param name="value">The reduced value.</param>
    /// <returns>Whether anything was added.</returns>
    public abstract bool TryGet([MaybeNullWhen(false)] out T value);

    /// <summary>Forgets all that was added.</summary>
    public abstract void Clear();
}
