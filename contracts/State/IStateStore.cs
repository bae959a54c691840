namespace OrleansStream.State;

/// <summary>Declares the state of an operator. Called in <see cref="StreamFunction.Open"/> only; declaring the same name twice with equal types gives the same state.</summary>
public interface IStateStore
{
    /// <summary>One value per key.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    ValueState<T> Value<T>(string name);

    /// <summary>A list per key.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    ListState<T> List<T>(string name);

    /// <summary>A map per key.</summary>
    /// <typeparam name="TMapKey">The type of the map's keys.</typeparam>
    /// <typeparam name="TMapValue">The type of the map's values.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    MapState<TMapKey, TMapValue> Map<TMapKey, TMapValue>(string name) where TMapKey : notnull;

    /// <summary>One value per key, into which added values are reduced at once.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    /// <param name="reduce">Combines what is there (first) with what is added (second).</param>
    ReducingState<T> Reducing<T>(string name, Func<T, T, T> reduce);

    /// <summary>An accumulator per key, to which values are added at once.</summary>
    /// <typeparam name="TIn">The type of the values that are added.</typeparam>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the result.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    /// <param name="aggregate">How values are added and results made.</param>
    AggregatingState<TIn, TOut> Aggregating<TIn, TAcc, TOut>(string name, IAggregate<TIn, TAcc, TOut> aggregate);

    /// <summary>A list that belongs to the subtask, not to a key; on a change of parallelism its elements are spread over the subtasks anew.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="name">The name; savepoints find the state by it.</param>
    OperatorListState<T> OperatorList<T>(string name);
}
