using System.Diagnostics.CodeAnalysis;

namespace OrleansStream.State;

/// <summary>One value per key. All state handles are about the current key and are used on the subtask's thread, during a call of the function.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public abstract class ValueState<T>
{
    /// <summary>Reads the value.</summary>
    /// <param name="value">The value; an object may be changed and must then be given to <see cref="Set"/>.</param>
    /// <returns>Whether there is one.</returns>
    public abstract bool TryGet([MaybeNullWhen(false)] out T value);

    /// <summary>Sets the value.</summary>
    /// <param name="value">The new value; null is the same as <see cref="Clear"/>.</param>
    public abstract void Set(in T value);

    /// <summary>Removes the value; afterwards there is nothing, not a default.</summary>
    public abstract void Clear();

    /// <summary>The value, or <paramref name="fallback"/> where there is none.</summary>
    /// <param name="fallback">What to return where there is none.</param>
    public T GetOr(T fallback) => TryGet(out T? value) ? value : fallback;
}
