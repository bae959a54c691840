using OrleansStream.Combining;
using OrleansStream.Graph;
using OrleansStream.Serialization;

namespace OrleansStream;

/// <summary>The records of each key, grouped into windows of time.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class WindowedStream<TKey, T>
{
    private readonly KeyedStream<TKey, T> _stream;
    private readonly WindowSettings<T> _settings;
    private readonly CombineOptions? _combine;

    internal WindowedStream(KeyedStream<TKey, T> stream, WindowSettings<T> settings, CombineOptions? combine = null)
    {
        _stream = stream;
        _settings = settings;
        _combine = combine;
    }

    /// <summary>
    /// Keeps a window for this long after the watermark has passed its end; a record that comes meanwhile fires it again at once, with the updated result.
    /// </summary>
    /// <param name="lateness">Event time; whole milliseconds, not negative. Zero is the default.</param>
    public WindowedStream<TKey, T> AllowLateness(TimeSpan lateness)
    {
        long ms = EventTime.WholeMilliseconds(lateness, "The allowed lateness");
        return ms < 0
            ? throw new JobDefinitionException($"The allowed lateness is {lateness}; it cannot be negative.")
            : With(_settings with { LatenessMs = ms });
    }

    /// <summary>Sends records whose windows are all gone to a side output; without it they are counted and dropped.</summary>
    /// <param name="tag">The side output.</param>
    public WindowedStream<TKey, T> SideOutputLate(OutputTag<T> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return With(_settings with { Late = tag });
    }

    /// <summary>Says when windows fire, instead of at their end.</summary>
    /// <param name="trigger">The trigger; copied for each subtask.</param>
    public WindowedStream<TKey, T> Trigger(Trigger trigger)
    {
        ArgumentNullException.ThrowIfNull(trigger);
        Type? kind = trigger.GetType();
        while (kind is not null && !(kind.IsGenericType && kind.GetGenericTypeDefinition() == typeof(Trigger<>)))
        {
            kind = kind.BaseType;
        }

        return kind is not null && kind != typeof(Trigger<T>)
            ? throw new JobDefinitionException($"The trigger {TypeNames.Of(trigger.GetType())} looks at records of {TypeNames.Of(kind.GetGenericArguments()[0])}; the windows hold records of {TypeNames.Of(typeof(T))}.")
            : With(_settings with { Trigger = trigger });
    }

    /// <summary>Removes records from windows when they fire. Every record is kept until then, also for aggregates.</summary>
    /// <param name="evictor">The evictor.</param>
    public WindowedStream<TKey, T> Evict(Evictor<T> evictor)
    {
        ArgumentNullException.ThrowIfNull(evictor);
        return With(_settings with { Evictor = evictor });
    }

    /// <summary>A firing drops the window's contents, so that the next one is about what came since.</summary>
    public WindowedStream<TKey, T> Discarding() => With(_settings with { IsDiscarding = true });

    /// <summary>A firing leaves the window's contents, so that the next one is about all records. The default.</summary>
    public WindowedStream<TKey, T> Accumulating() => With(_settings with { IsDiscarding = false });

    /// <summary>
    /// Combines the records of a key and window before they are sent to the subtask that owns the key: the answer to keys that have much more records than others. Results, lateness and late records stay the same;
    /// a subtask whose input was idle combines less from then on.
    /// For tumbling, sliding and session windows in event time that fire at their end, with an aggregate that has <see cref="IAggregate{TIn, TAcc, TOut}.Merge"/>; anything else is refused by what follows.
    /// </summary>
    /// <param name="options">How much is held; null for the defaults.</param>
    public WindowedStream<TKey, T> CombineLocally(CombineOptions? options = null)
    {
        options ??= new CombineOptions();
        options.Validate();
        return new WindowedStream<TKey, T>(_stream, _settings, options);
    }

    /// <summary>
    /// Spreads the records of each key over several subtasks, where each window is aggregated in parts that are put together at its end: for keys that keep one subtask too busy where <see cref="CombineLocally"/> does not
    /// help, since the records come from few subtasks or hardly combine. For tumbling and sliding windows in event time that fire once, at their end.
    /// </summary>
    /// <param name="salts">Over how many parts a key is spread, at least 2; best a few for each subtask.</param>
    /// <param name="uid">The uid of the parts' state; that of the whole is given to the result.</param>
    /// <exception cref="JobDefinitionException">The windows are others.</exception>
    public SaltedWindows<TKey, T> Salt(int salts, string? uid = null) =>
        salts < 2 ? throw new JobDefinitionException($"Salt({salts}) spreads nothing. Give 2 or more.")
        : _settings is { IsPlain: true, LatenessMs: 0, Late: null, Assigner: AlignedWindows { IsEventTime: true } windows } && _combine is null
            ? new SaltedWindows<TKey, T>(_stream.Salt(salts), windows, uid)
            : throw new JobDefinitionException(
                $"Salt is for tumbling and sliding windows in event time that fire once: without trigger, evictor, lateness, late output and CombineLocally. These are '{_settings}'. Use CombineLocally, or leave Salt out.");

    /// <summary>Aggregates each window; a result has the window's last millisecond as timestamp.</summary>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the aggregate's result.</typeparam>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="aggregate">The aggregate, best a struct; sessions need its <see cref="IAggregate{TIn, TAcc, TOut}.Merge"/>, overlapping windows are slower without.</param>
    /// <param name="result">Makes a record of a window, its key and its result.</param>
    public OperatorStream<TResult> Aggregate<TAcc, TOut, TResult>(IAggregate<T, TAcc, TOut> aggregate, Func<TimeWindow, TKey, TOut, TResult> result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return Append(aggregate, result, null);
    }

    /// <summary>Aggregates each window and emits the bare results.</summary>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="aggregate">The aggregate, best a struct; sessions need its <see cref="IAggregate{TIn, TAcc, TOut}.Merge"/>, overlapping windows are slower without.</param>
    public OperatorStream<TOut> Aggregate<TAcc, TOut>(IAggregate<T, TAcc, TOut> aggregate) => Aggregate(aggregate, static (_, _, result) => result);

    /// <summary>Aggregates each window and hands the one result to a function with state and side outputs.</summary>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the aggregate's result.</typeparam>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="aggregate">The aggregate, best a struct; sessions need its <see cref="IAggregate{TIn, TAcc, TOut}.Merge"/>.</param>
    /// <param name="function">The function; one object per subtask.</param>
    public OperatorStream<TResult> Aggregate<TAcc, TOut, TResult>(IAggregate<T, TAcc, TOut> aggregate, WindowFunction<TKey, TOut, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Append(aggregate, null, function);
    }

    /// <summary>Reduces each window to one record.</summary>
    /// <param name="reduce">Combines what is there (first) with a later record (second); must change neither.</param>
    public OperatorStream<T> Reduce(Func<T, T, T> reduce) => Reduce(reduce, static (_, _, result) => result);

    /// <summary>Reduces each window to one record.</summary>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="reduce">Combines what is there (first) with a later record (second); must change neither.</param>
    /// <param name="result">Makes a record of a window, its key and its result.</param>
    public OperatorStream<TResult> Reduce<TResult>(Func<T, T, T> reduce, Func<TimeWindow, TKey, T, TResult> result)
    {
        ArgumentNullException.ThrowIfNull(reduce);
        return Aggregate(new ReduceAggregate<T>(reduce), result);
    }

    /// <summary>Hands all records of a window to a function when it fires. They are kept until then: where an aggregate can do it, it needs less memory.</summary>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="function">The function; one object per subtask.</param>
    public OperatorStream<TResult> Process<TResult>(WindowFunction<TKey, T, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (_combine is not null)
        {
            throw new JobDefinitionException($"CombineLocally combines records, and {function.GetType().Name} wants to see them all. Use Aggregate or Reduce, or leave CombineLocally out.");
        }

        _settings.RequireMeaning();
        return _stream.Append<TResult>(id => new WindowProcessNode<TKey, T, TResult>(_settings, function) { Id = id, Name = function.GetType().Name });
    }

    private OperatorStream<TResult> Append<TAcc, TOut, TResult>(
        IAggregate<T, TAcc, TOut> aggregate, Func<TimeWindow, TKey, TOut, TResult>? result, WindowFunction<TKey, TOut, TResult>? function)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        if (_combine is not null)
        {
            return AppendCombined(aggregate, result, function);
        }

        _settings.RequireMeaning();
        return _settings.Assigner.IsMerging && _settings.Evictor is null && !AggregateTraits.CanMerge(aggregate)
            ? throw new JobDefinitionException(
                $"Windows of '{_settings.Assigner}' grow together, but the aggregate {aggregate.GetType().Name} has no Merge. Implement IAggregate<,,>.Merge, or use Process.")
            : _stream.Append<TResult>(id => new WindowAggregateNode<TKey, T, TAcc, TOut, TResult>(_settings, aggregate, result, function) { Id = id });
    }

    private OperatorStream<TResult> AppendCombined<TAcc, TOut, TResult>(
        IAggregate<T, TAcc, TOut> aggregate, Func<TimeWindow, TKey, TOut, TResult>? result, WindowFunction<TKey, TOut, TResult>? function)
    {
        string? trouble = !_settings.IsPlain ? "triggers, evictors and Discarding go by single records"
            : _settings.Assigner is not AlignedWindows && !_settings.Assigner.IsMerging ? $"of the windows '{_settings.Assigner}' it is not known which records share all of theirs"
            : !_settings.Assigner.IsEventTime ? "windows in processing time go by the clock of the subtask that owns the key"
            : null;
        if (trouble is not null)
        {
            throw new JobDefinitionException($"CombineLocally is for tumbling, sliding and session windows in event time that fire at their end: {trouble}. Leave CombineLocally out.");
        }

        WindowAssigner windows = _settings.Assigner.IsMerging ? new PartialWindows<TKey, T, TAcc>(_settings.Assigner) : _settings.Assigner;
        WindowSettings<Partial<TKey, T, TAcc>> settings = new(windows) { LatenessMs = _settings.LatenessMs, Late = _settings.Late };
        return _stream.Combine(_settings.Assigner, _settings.Late is not null, aggregate, _combine!).Append<TResult>(id =>
            new WindowAggregateNode<TKey, Partial<TKey, T, TAcc>, TAcc, TOut, TResult>(settings, new MergePartials<TKey, T, TAcc, TOut>(aggregate), result, function) { Id = id });
    }

    private WindowedStream<TKey, T> With(WindowSettings<T> settings) => new(_stream, settings, _combine);
}
