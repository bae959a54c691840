using System.Diagnostics.CodeAnalysis;

namespace OrleansStream.State;

/// <summary>
/// A map that is the same in every subtask of an operator: rules, limits, models. It is changed by broadcast records only, which every subtask gets. Used on the subtask's thread, during a call of the
/// function.
/// </summary>
/// <typeparam name="TMapKey">The type of the map's keys.</typeparam>
/// <typeparam name="TMapValue">The type of the map's values.</typeparam>
public abstract class BroadcastState<TMapKey, TMapValue> where TMapKey : notnull
{
    /// <summary>The entries, in no particular order; a view that is valid until the map is changed.</summary>
    public abstract IReadOnlyDictionary<TMapKey, TMapValue> Entries { get; }

    /// <summary>Reads an entry.</summary>
    /// <param name="mapKey">The entry's key.</param>
    /// <param name="value">The entry's value, which must not be changed.</param>
    /// <returns>Whether it exists.</returns>
    public bool TryGet(TMapKey mapKey, [MaybeNullWhen(false)] out TMapValue value) => Entries.TryGetValue(mapKey, out value);

    /// <summary>Adds or replaces an entry. During a call for a broadcast record only; the change must depend on nothing but that record and this state.</summary>
    /// <param name="mapKey">The entry's key.</param>
    /// <param name="value">The entry's value; not changed afterwards.</param>
    /// <exception cref="InvalidOperationException">It is not a broadcast record that is being processed: the subtasks would differ.</exception>
    public abstract void Set(TMapKey mapKey, TMapValue value);

    /// <summary>Removes an entry. During a call for a broadcast record only.</summary>
    /// <param name="mapKey">The entry's key.</param>
    /// <returns>Whether it existed.</returns>
    /// <exception cref="InvalidOperationException">It is not a broadcast record that is being processed: the subtasks would differ.</exception>
    public abstract bool Remove(TMapKey mapKey);

    /// <summary>Removes all entries. During a call for a broadcast record only.</summary>
    /// <exception cref="InvalidOperationException">It is not a broadcast record that is being processed: the subtasks would differ.</exception>
    public abstract void Clear();
}
