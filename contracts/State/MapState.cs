using System.Diagnostics.CodeAnalysis;

namespace OrleansStream.State;

/// <summary>A map per key. An empty map and no map are the same.</summary>
/// <typeparam name="TMapKey">The type of the map's keys.</typeparam>
/// <typeparam name="TMapValue">The type of the map's values.</typeparam>
public abstract class MapState<TMapKey, TMapValue> where TMapKey : notnull
{
    /// <summary>Reads an entry.</summary>
    /// <param name="mapKey">The entry's key.</param>
    /// <param name="value">The entry's value.</param>
    /// <returns>Whether it exists.</returns>
    public abstract bool TryGet(TMapKey mapKey, [MaybeNullWhen(false)] out TMapValue value);

    /// <summary>Whether an entry exists.</summary>
    /// <param name="mapKey">The entry's key.</param>
    public abstract bool Contains(TMapKey mapKey);

    /// <summary>Adds or replaces an entry.</summary>
    /// <param name="mapKey">The entry's key.</param>
    /// <param name="value">The entry's value.</param>
    public abstract void Set(TMapKey mapKey, in TMapValue value);

    /// <summary>Removes an entry.</summary>
    /// <param name="mapKey">The entry's key.</param>
    /// <returns>Whether it existed.</returns>
    public abstract bool Remove(TMapKey mapKey);

    /// <summary>The entries, in no particular order; a view that is valid until the state is next changed or another key is processed.</summary>
    public abstract IReadOnlyCollection<KeyValuePair<TMapKey, TMapValue>> Entries { get; }

    /// <summary>Whether there is no entry. With a time to live, entries whose time is over count as long as they have not been removed.</summary>
    public virtual bool IsEmpty => Entries.Count == 0;

    /// <summary>Removes all entries.</summary>
    public abstract void Clear();
}
