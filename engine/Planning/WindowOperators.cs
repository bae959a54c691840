using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Windowing;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Planning;

/// <summary>Chooses the operator of a window, and closes it over the concrete aggregate.</summary>
internal static class WindowOperators
{
    public static Operator Of<TKey, TIn, TAcc, TOut, TResult>(OperatorSetup setup, WindowAggregateNode<TKey, TIn, TAcc, TOut, TResult> node)
    {
        WindowSettings<TIn> windows = node.Windows;
        if (windows.IsPlain && node.Result is not null && windows.Assigner is AlignedWindows { IsEventTime: true } aligned)
        {
            return ConcreteTypes.Operator(
                typeof(WindowAggregateOperator<,,,,,>), [typeof(TKey), typeof(TIn), typeof(TAcc), typeof(TOut), typeof(TResult), node.Aggregate.GetType()],
                setup, aligned, windows.LatenessMs, windows.Late, node.Aggregate, AggregateTraits.CanMerge(node.Aggregate), node.Result);
        }

        if (windows.IsPlain && node.Result is not null && windows is { Assigner: SessionWindows { IsEventTime: true } sessions, LatenessMs: 0 })
        {
            return ConcreteTypes.Operator(
                typeof(SessionAggregateOperator<,,,,,>), [typeof(TKey), typeof(TIn), typeof(TAcc), typeof(TOut), typeof(TResult), node.Aggregate.GetType()],
                setup, sessions.GapMs, windows.Late, node.Aggregate, node.Result);
        }

        return General(setup, node);
    }

    public static Operator Of<TKey, TIn, TResult>(OperatorSetup setup, WindowProcessNode<TKey, TIn, TResult> node) =>
        node.Windows is { IsPlain: true, LatenessMs: 0, Assigner: AlignedWindows { IsEventTime: true } aligned } && aligned.Size <= aligned.Slide
            ? new WindowRecordsOperator<TKey, TIn, TResult>(setup, node.Windows, aligned, node.Function)
            : General(setup, node);

    /// <summary>The operator that knows every kind of window.</summary>
    public static Operator General<TKey, TIn, TResult>(OperatorSetup setup, WindowProcessNode<TKey, TIn, TResult> node) => node.Windows.Evictor is { } evictor
        ? new WindowOperator<TKey, TIn, List<TimedRecord<TIn>>, TIn, TResult, EvictingFold<TIn, TIn>>(
            setup, node.Windows, new EvictingFold<TIn, TIn>(evictor, static records => records), node.Function)
        : new WindowOperator<TKey, TIn, List<TIn>, TIn, TResult, ListFold<TIn>>(setup, node.Windows, default, node.Function);

    /// <summary>The operator that knows every kind of window.</summary>
    public static Operator General<TKey, TIn, TAcc, TOut, TResult>(OperatorSetup setup, WindowAggregateNode<TKey, TIn, TAcc, TOut, TResult> node)
    {
        WindowFunction<TKey, TOut, TResult> function = node.Function ?? new ResultFunction<TKey, TOut, TResult>(node.Result!);
        if (node.Windows.Evictor is { } evictor)
        {
            IAggregate<TIn, TAcc, TOut> aggregate = node.Aggregate;
            TOut[] one = new TOut[1];
            return new WindowOperator<TKey, TIn, List<TimedRecord<TIn>>, TOut, TResult, EvictingFold<TIn, TOut>>(
                setup, node.Windows,
                new EvictingFold<TIn, TOut>(
                    evictor,
                    records =>
                    {
                        TAcc accumulator = aggregate.Create();
                        for (int i = 0; i < records.Count; i++)
                        {
                            aggregate.Add(ref accumulator, records[i]);
                        }

                        one[0] = aggregate.Result(in accumulator);
                        return one;
                    }),
                function);
        }

        Type fold = typeof(AggregateFold<,,,>).MakeGenericType(typeof(TIn), typeof(TAcc), typeof(TOut), node.Aggregate.GetType());
        return ConcreteTypes.Operator(
            typeof(WindowOperator<,,,,,>), [typeof(TKey), typeof(TIn), typeof(TAcc), typeof(TOut), typeof(TResult), fold],
            setup, node.Windows, Activator.CreateInstance(fold, node.Aggregate), function);
    }
}
