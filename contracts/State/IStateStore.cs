namespace OrleansStream.State;

/// <summary>Declares the state of an operator. Called in <see cref="StreamFunction.Open"/> only; declaring the same name twice with equal types gives the same state.</summary>
public interface IStateStore
{
    /// <summary>One value per key.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    /// <param name="options">How it is kept; null for the defaults.</param>
    ValueState<T> Value<T>(string name, StateOptions? options = null);

    /// <summary>A list per key.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    /// <param name="options">How it is kept; null for the defaults.</param>
    ListState<T> List<T>(string name, StateOptions? options = null);

    /// <summary>A map per key.</summary>
    /// <typeparam name="TMapKey">The type of the map's keys.</typeparam>
    /// <typeparam name="TMapValue">The type of the map's values.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    /// <param name="options">How it is kept; null for the defaults.</param>
    MapState<TMapKey, TMapValue> Map<TMapKey, TMapValue>(string name, StateOptions? options = null) where TMapKey : notnull;

    /// <summary>One value per key, into which added values are reduced at once.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    /// <param name="reduce">Combines what is there (first) with what is added (second).</param>
    /// <param name="options">How it is kept; null for the defaults.</param>
    ReducingState<T> Reducing<T>(string name, Func<T, T, T> reduce, StateOptions? options = null);

    /// <summary>An accumulator per key, to which values are added at once.</summary>
    /// <typeparam name="TIn">The type of the values that are added.</typeparam>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the result.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    /// <param name="aggregate">How values are added and results made.</param>
    /// <param name="options">How it is kept; null for the defaults.</param>
    AggregatingState<TIn, TOut> Aggregating<TIn, TAcc, TOut>(string name, IAggregate<TIn, TAcc, TOut> aggregate, StateOptions? options = null);

    /// <summary>A list that belongs to the subtask, not to a key; on a change of parallelism its elements are spread over the subtasks anew.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    OperatorListState<T> OperatorList<T>(string name);

    /// <summary>A list that belongs to the subtask, not to a key; after a restore every subtask has the elements of all, in the order of the subtasks that wrote them.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    OperatorListState<T> UnionList<T>(string name);

    /// <summary>A map that is the same in every subtask, since only broadcast records change it. In functions with a broadcast input only.</summary>
    /// <typeparam name="TMapKey">The type of the map's keys.</typeparam>
    /// <typeparam name="TMapValue">The type of the map's values.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    BroadcastState<TMapKey, TMapValue> Broadcast<TMapKey, TMapValue>(string name) where TMapKey : notnull;
}
