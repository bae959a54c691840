using OrleansStream.State;

namespace OrleansStream.Engine.Calls;

/// <summary>The state of a function that cannot have any, since several of its calls run at a time.</summary>
internal sealed class NoState(string operatorName) : IStateStore
{
    public ValueState<T> Value<T>(string name, StateOptions? options = null) => throw None(name);

    public ListState<T> List<T>(string name, StateOptions? options = null) => throw None(name);

    public MapState<TMapKey, TMapValue> Map<TMapKey, TMapValue>(string name, StateOptions? options = null) where TMapKey : notnull => throw None(name);

    public ReducingState<T> Reducing<T>(string name, Func<T, T, T> reduce, StateOptions? options = null) => throw None(name);

    public AggregatingState<TIn, TOut> Aggregating<TIn, TAcc, TOut>(string name, IAggregate<TIn, TAcc, TOut> aggregate, StateOptions? options = null) => throw None(name);

    public OperatorListState<T> OperatorList<T>(string name) => throw None(name);

    public OperatorListState<T> UnionList<T>(string name) => throw None(name);

    public BroadcastState<TMapKey, TMapValue> Broadcast<TMapKey, TMapValue>(string name) where TMapKey : notnull => throw None(name);

    private JobDefinitionException None(string name) => new(
        $"Operator '{operatorName}' declares the state '{name}', but an async function has none, since several of its calls run at a time. Keep it in a keyed function before or after, or use ProcessGrain.");
}
