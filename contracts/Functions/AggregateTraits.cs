using System.Reflection;

namespace OrleansStream;

/// <summary>What an aggregate can do.</summary>
internal static class AggregateTraits
{
    /// <summary>Whether an aggregate has a Merge of its own.</summary>
    public static bool CanMerge<TIn, TAcc, TOut>(IAggregate<TIn, TAcc, TOut> aggregate)
    {
        Type contract = typeof(IAggregate<TIn, TAcc, TOut>);
        InterfaceMapping map = aggregate.GetType().GetInterfaceMap(contract);
        int at = Array.FindIndex(map.InterfaceMethods, m => m.Name == nameof(aggregate.Merge));
        return map.TargetMethods[at]?.DeclaringType != contract;
    }
}

/// <summary>A reduction as an aggregate.</summary>
internal readonly struct ReduceAggregate<T>(Func<T, T, T> reduce) : IAggregate<T, Reduced<T>, T>
{
    public Reduced<T> Create() => default;

    public void Add(ref Reduced<T> accumulator, in T value) => accumulator = new Reduced<T>(true, accumulator.Any ? reduce(accumulator.Value, value) : value);

    public T Result(in Reduced<T> accumulator) => accumulator.Value;

    public void Merge(ref Reduced<T> into, in Reduced<T> from)
    {
        if (from.Any)
        {
            Add(ref into, from.Value);
        }
    }
}

/// <summary>What values were reduced to, if there were any.</summary>
internal readonly record struct Reduced<T>(bool Any, T Value);

/// <summary>A lambda that makes one record of a window's result.</summary>
internal sealed class ResultFunction<TKey, TIn, TOut>(Func<TimeWindow, TKey, TIn, TOut> result) : WindowFunction<TKey, TIn, TOut>
{
    public override void Process(WindowContext<TKey> context, IReadOnlyList<TIn> records, Output<TOut> output) =>
        output.Emit(result(context.Window, context.Key, records[0]));
}
