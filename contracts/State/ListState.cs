namespace OrleansStream.State;

/// <summary>A list per key. An empty list and no list are the same.</summary>
/// <typeparam name="T">The type of the elements.</typeparam>
public abstract class ListState<T>
{
    /// <summary>The elements in the order in which they were added; a view that is valid until the state is next changed or another key is processed.</summary>
    public abstract IReadOnlyList<T> Get();

    /// <summary>Appends an element.</summary>
    /// <param name="value">The element.</param>
    public abstract void Add(in T value);

    /// <summary>Appends elements.</summary>
    /// <param name="values">The elements; none is no change.</param>
    public abstract void AddRange(IEnumerable<T> values);

    /// <summary>Replaces the list.</summary>
    /// <param name="values">The new elements; none clears the state.</param>
    public abstract void Update(IEnumerable<T> values);

    /// <summary>Removes all elements.</summary>
    public abstract void Clear();
}
