using OrleansStream.Engine.Calls;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Time;
using OrleansStream.Graph;

namespace OrleansStream.TestKit;

/// <summary>
/// Drives one operator by hand: records, watermarks, the clock, snapshots and restores, all on the test's thread and in virtual time. The operator is the engine's own, and so is the way of a
/// snapshot. Functions may be given as objects; where the harness needs a second one it makes it with the constructor without parameters, if the object has the same fields, and asks for
/// a factory otherwise. The operator is opened with the first call of the harness.
/// </summary>
public static class OperatorHarness
{
    /// <summary>A process function.</summary>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<TIn, TOut> For<TIn, TOut>(ProcessFunction<TIn, TOut> function, HarnessOptions? options = null) =>
        Process(new FreshFunctions<ProcessFunction<TIn, TOut>>(function), options);

    /// <inheritdoc cref="For{TIn, TOut}(ProcessFunction{TIn, TOut}, HarnessOptions?)"/>
    /// <param name="factory">Makes the function, for each subtask and each restore anew.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<TIn, TOut> For<TIn, TOut>(Func<ProcessFunction<TIn, TOut>> factory, HarnessOptions? options = null) =>
        Process(new FreshFunctions<ProcessFunction<TIn, TOut>>(factory), options);

    /// <summary>A keyed process function.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="key">Gives the key of a record.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<TIn, TOut> For<TKey, TIn, TOut>(
        KeyedProcessFunction<TKey, TIn, TOut> function, Func<TIn, TKey> key, HarnessOptions? options = null) =>
        KeyedProcess(new FreshFunctions<KeyedProcessFunction<TKey, TIn, TOut>>(function), key, options);

    /// <inheritdoc cref="For{TKey, TIn, TOut}(KeyedProcessFunction{TKey, TIn, TOut}, Func{TIn, TKey}, HarnessOptions?)"/>
    /// <param name="factory">Makes the function, for each subtask and each restore anew.</param>
    /// <param name="key">Gives the key of a record.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<TIn, TOut> For<TKey, TIn, TOut>(
        Func<KeyedProcessFunction<TKey, TIn, TOut>> factory, Func<TIn, TKey> key, HarnessOptions? options = null) =>
        KeyedProcess(new FreshFunctions<KeyedProcessFunction<TKey, TIn, TOut>>(factory), key, options);

    /// <summary>A function over two streams.</summary>
    /// <typeparam name="T1">The type of the first stream's records.</typeparam>
    /// <typeparam name="T2">The type of the second stream's records.</typeparam>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="options">How to run it.</param>
    public static TwoInputHarness<T1, T2, TOut> For<T1, T2, TOut>(CoProcessFunction<T1, T2, TOut> function, HarnessOptions? options = null) =>
        CoProcess(new FreshFunctions<CoProcessFunction<T1, T2, TOut>>(function), options);

    /// <inheritdoc cref="For{T1, T2, TOut}(CoProcessFunction{T1, T2, TOut}, HarnessOptions?)"/>
    /// <param name="factory">Makes the function, for each subtask and each restore anew.</param>
    /// <param name="options">How to run it.</param>
    public static TwoInputHarness<T1, T2, TOut> For<T1, T2, TOut>(Func<CoProcessFunction<T1, T2, TOut>> factory, HarnessOptions? options = null) =>
        CoProcess(new FreshFunctions<CoProcessFunction<T1, T2, TOut>>(factory), options);

    /// <summary>A function over two streams connected by key.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="T1">The type of the first stream's records.</typeparam>
    /// <typeparam name="T2">The type of the second stream's records.</typeparam>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="key1">Gives the key of a record of the first stream.</param>
    /// <param name="key2">Gives the key of a record of the second stream.</param>
    /// <param name="options">How to run it.</param>
    public static TwoInputHarness<T1, T2, TOut> For<TKey, T1, T2, TOut>(
        KeyedCoProcessFunction<TKey, T1, T2, TOut> function, Func<T1, TKey> key1, Func<T2, TKey> key2, HarnessOptions? options = null) =>
        KeyedCoProcess(new FreshFunctions<KeyedCoProcessFunction<TKey, T1, T2, TOut>>(function), key1, key2, options);

    /// <inheritdoc cref="For{TKey, T1, T2, TOut}(KeyedCoProcessFunction{TKey, T1, T2, TOut}, Func{T1, TKey}, Func{T2, TKey}, HarnessOptions?)"/>
    /// <param name="factory">Makes the function, for each subtask and each restore anew.</param>
    /// <param name="key1">Gives the key of a record of the first stream.</param>
    /// <param name="key2">Gives the key of a record of the second stream.</param>
    /// <param name="options">How to run it.</param>
    public static TwoInputHarness<T1, T2, TOut> For<TKey, T1, T2, TOut>(
        Func<KeyedCoProcessFunction<TKey, T1, T2, TOut>> factory, Func<T1, TKey> key1, Func<T2, TKey> key2, HarnessOptions? options = null) =>
        KeyedCoProcess(new FreshFunctions<KeyedCoProcessFunction<TKey, T1, T2, TOut>>(factory), key1, key2, options);

    /// <summary>A function over a keyed stream (the first input) and a broadcast one (the second), whose records every subtask gets.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="T">The type of the keyed stream's records.</typeparam>
    /// <typeparam name="TBroadcast">The type of the broadcast stream's records.</typeparam>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="factory">Makes the function, for each subtask and each restore anew.</param>
    /// <param name="key">Gives the key of a record of the first stream.</param>
    /// <param name="options">How to run it.</param>
    public static TwoInputHarness<T, TBroadcast, TOut> ForBroadcast<TKey, T, TBroadcast, TOut>(
        Func<KeyedBroadcastFunction<TKey, T, TBroadcast, TOut>> factory, Func<T, TKey> key, HarnessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return new(options, o => new ByKey<TKey, T>(key, o), _ => new ToAll<TBroadcast>(), setup => new KeyedBroadcastOperator<TKey, T, TBroadcast, TOut>(setup, factory()));
    }

    /// <summary>A map.</summary>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="map">The function.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<TIn, TOut> ForMap<TIn, TOut>(Func<TIn, TOut> map, HarnessOptions? options = null) =>
        Plain<TIn, TOut>(options, setup => new MapOperator<TIn, TOut>(setup, map));

    /// <summary>A filter.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="predicate">The function.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<T, T> ForFilter<T>(Func<T, bool> predicate, HarnessOptions? options = null) =>
        Plain<T, T>(options, setup => new FilterOperator<T>(setup, predicate));

    /// <summary>A flatMap.</summary>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="action">The function.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<TIn, TOut> ForFlatMap<TIn, TOut>(FlatMapAction<TIn, TOut> action, HarnessOptions? options = null) =>
        Plain<TIn, TOut>(options, setup => new FlatMapOperator<TIn, TOut>(setup, action));

    /// <summary>
    /// A function whose calls may be awaited. They run on the test's thread; one that waits must wait for virtual time, <c>Task.Delay(span, time, cancel)</c> with the service <see cref="TimeProvider"/> of its <see cref="OpenContext"/>, and
    /// goes on when the clock is set.
    /// </summary>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="factory">Makes the function, for each subtask and each restore anew.</param>
    /// <param name="asyncOptions">How it is called; the defaults if null.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<TIn, TOut> ForAsync<TIn, TOut>(
        Func<AsyncFunction<TIn, TOut>> factory, AsyncOptions? asyncOptions = null, HarnessOptions? options = null)
    {
        FreshFunctions<AsyncFunction<TIn, TOut>> functions = new(factory);
        return Plain<TIn, TOut>(options, setup => new AsyncOperator<TIn, TOut>(setup, functions.Next(), asyncOptions ?? new AsyncOptions(), isStored: true));
    }

    /// <summary>Timestamps and watermarks in mid-stream. They are no state, so the attack mode suspends this operator but does not restore it.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="watermarks">The strategy.</param>
    /// <param name="jobOptions">Where the watermark's interval stands; the defaults without.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<T, T> ForTimestamps<T>(WatermarkStrategy<T> watermarks, JobOptions? jobOptions = null, HarnessOptions? options = null)
    {
        JobOptions job = jobOptions ?? new JobOptions();
        return new OneInputHarness<T, T>(
            options,
            _ => new NoKeys<T>(),
            setup => new TimestampsOperator<T>(setup, watermarks, WatermarkTimings.Of(job), WatermarkTimings.TickMs(job, watermarks)))
        {
            IsRestorable = false,
        };
    }

    /// <summary>A running reduction per key.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="reduce">The function.</param>
    /// <param name="key">Gives the key of a record.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<T, T> ForReduce<TKey, T>(Func<T, T, T> reduce, Func<T, TKey> key, HarnessOptions? options = null) =>
        ForOperator<TKey, T, T>(setup => new ReduceOperator<TKey, T>(setup, reduce), key, options);

    /// <summary>A running aggregate per key.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the aggregate's result.</typeparam>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="aggregate">The aggregate.</param>
    /// <param name="key">Gives the key of a record.</param>
    /// <param name="result">Makes a record of a key and its result.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<TIn, TResult> ForAggregate<TKey, TIn, TAcc, TOut, TResult>(
        IAggregate<TIn, TAcc, TOut> aggregate, Func<TIn, TKey> key, Func<TKey, TOut, TResult> result, HarnessOptions? options = null)
    {
        Type type = typeof(AggregateOperator<,,,,,>).MakeGenericType(
            typeof(TKey), typeof(TIn), typeof(TAcc), typeof(TOut), typeof(TResult), aggregate.GetType());
        return ForOperator<TKey, TIn, TResult>(setup => (Operator)Activator.CreateInstance(type, setup, aggregate, result)!, key, options);
    }

    /// <summary>An aggregate of windows per key.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the aggregate's result.</typeparam>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="windows">The windows.</param>
    /// <param name="aggregate">The aggregate.</param>
    /// <param name="key">Gives the key of a record.</param>
    /// <param name="result">Makes a record of a window, its key and its result.</param>
    /// <param name="lateness">The allowed lateness.</param>
    /// <param name="late">The side output for late records; the harness reads it.</param>
    /// <param name="options">How to run it.</param>
    public static OneInputHarness<TIn, TResult> ForWindow<TKey, TIn, TAcc, TOut, TResult>(
        AlignedWindows windows, IAggregate<TIn, TAcc, TOut> aggregate, Func<TIn, TKey> key, Func<TimeWindow, TKey, TOut, TResult> result,
        TimeSpan lateness = default, OutputTag<TIn>? late = null, HarnessOptions? options = null)
    {
        OneInputHarness<TIn, TResult> harness = ForKeyedStream<TKey, TIn, TResult>(
            stream =>
            {
                WindowedStream<TKey, TIn> windowed = stream.Window(windows).AllowLateness(lateness);
                return (late is null ? windowed : windowed.SideOutputLate(late)).Aggregate(aggregate, result);
            },
            key, options);
        return late is null ? harness : harness.WithSideOutput(late);
    }

    /// <summary>The one operator that an expression makes of a keyed stream, written as in a job; side outputs are read with <c>WithSideOutput</c>.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="define">The expression; called for each subtask and each restore anew, so it makes its function objects itself.</param>
    /// <param name="key">Gives the key of a record.</param>
    /// <param name="options">How to run it.</param>
    /// <param name="jobOptions">Where options of keyed functions stand; the defaults without.</param>
    public static OneInputHarness<TIn, TOut> ForKeyedStream<TKey, TIn, TOut>(
        Func<KeyedStream<TKey, TIn>, OperatorStream<TOut>> define, Func<TIn, TKey> key, HarnessOptions? options = null, JobOptions? jobOptions = null)
    {
        ArgumentNullException.ThrowIfNull(define);
        StreamNode Node()
        {
            StreamEnvironment env = new(options?.Arguments);
            define(new KeyedStream<TKey, TIn>(env, [], new KeyPartitioning<TKey, TIn>(key)));
            return env.Nodes is [var node] ? node : throw new InvalidOperationException($"The expression makes {env.Nodes.Count} operators; a harness drives one.");
        }

        return ForOperator<TKey, TIn, TOut>(setup => OperatorFactory.Create(Node(), setup with { MakeAgain = Node }, jobOptions ?? new JobOptions()), key, options);
    }

    /// <summary>Any keyed operator.</summary>
    internal static OneInputHarness<TIn, TOut> ForOperator<TKey, TIn, TOut>(
        Func<OperatorSetup, Operator> create, Func<TIn, TKey> key, HarnessOptions? options = null) =>
        new(options, o => new ByKey<TKey, TIn>(key, o), create);

    private static OneInputHarness<TIn, TOut> Plain<TIn, TOut>(HarnessOptions? options, Func<OperatorSetup, Operator> create) =>
        new(options, _ => new NoKeys<TIn>(), create);

    private static OneInputHarness<TIn, TOut> Process<TIn, TOut>(FreshFunctions<ProcessFunction<TIn, TOut>> functions, HarnessOptions? options) =>
        Plain<TIn, TOut>(options, setup => new ProcessOperator<TIn, TOut>(setup, functions.Next()));

    private static OneInputHarness<TIn, TOut> KeyedProcess<TKey, TIn, TOut>(
        FreshFunctions<KeyedProcessFunction<TKey, TIn, TOut>> functions, Func<TIn, TKey> key, HarnessOptions? options) =>
        ForOperator<TKey, TIn, TOut>(setup => new KeyedProcessOperator<TKey, TIn, TOut>(setup, functions.Next()), key, options);

    private static TwoInputHarness<T1, T2, TOut> CoProcess<T1, T2, TOut>(FreshFunctions<CoProcessFunction<T1, T2, TOut>> functions, HarnessOptions? options) =>
        new(options, _ => new NoKeys<T1>(), _ => new NoKeys<T2>(), setup => new CoProcessOperator<T1, T2, TOut>(setup, functions.Next()));

    private static TwoInputHarness<T1, T2, TOut> KeyedCoProcess<TKey, T1, T2, TOut>(
        FreshFunctions<KeyedCoProcessFunction<TKey, T1, T2, TOut>> functions, Func<T1, TKey> key1, Func<T2, TKey> key2, HarnessOptions? options) => new(
        options, o => new ByKey<TKey, T1>(key1, o), o => new ByKey<TKey, T2>(key2, o),
        setup => new KeyedCoProcessOperator<TKey, T1, T2, TOut>(setup, functions.Next()));
}
