namespace OrleansStream.State;

/// <summary>A list that belongs to the subtask, not to a key. On a change of parallelism its elements are spread over the subtasks anew.</summary>
/// <typeparam name="T">The type of the elements.</typeparam>
public abstract class OperatorListState<T>
{
    /// <summary>The elements; a view that is valid until the list is changed.</summary>
    public abstract IReadOnlyList<T> Get();

    /// <summary>Appends an element.</summary>
    /// <param name="value">The element.</param>
    public abstract void Add(T value);

    /// <summary>Replaces the list.</summary>
    /// <param name="values">The new elements.</param>
    public abstract void Update(IEnumerable<T> values);

    /// <summary>Removes all elements.</summary>
    public abstract void Clear();
}
