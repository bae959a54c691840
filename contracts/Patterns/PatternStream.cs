using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>Called for each match.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events.</typeparam>
/// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
/// <param name="key">The key.</param>
/// <param name="match">The match; it may be kept.</param>
/// <param name="output">Takes any number of results, with the timestamp of the match.</param>
public delegate void MatchAction<TKey, T, TOut>(TKey key, PatternMatch<T> match, Output<TOut> output);

/// <summary>A keyed stream in which a pattern is looked for, key by key.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class PatternStream<TKey, T>
{
    private readonly KeyedStream<TKey, T> _stream;
    private readonly PatternSettings<T> _settings;

    internal PatternStream(KeyedStream<TKey, T> stream, PatternSettings<T> settings)
    {
        _stream = stream;
        _settings = settings;
    }

    /// <summary>
    /// Looks at events as they come, in the order in which they come, with the host's clock for <see cref="Pattern{T}.Within"/>. Timestamps mean nothing then, and results have none.
    /// Without this, events are looked at in order of their timestamps, when the watermark has passed them.
    /// </summary>
    public PatternStream<TKey, T> InProcessingTime() => new(_stream, _settings with { IsEventTime = false });

    /// <summary>Sends events that come behind the watermark to a side output; without it they are counted and dropped.</summary>
    /// <param name="tag">The side output.</param>
    public PatternStream<TKey, T> SideOutputLate(OutputTag<T> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return new PatternStream<TKey, T>(_stream, _settings with { Late = tag });
    }

    /// <summary>Sends partial matches whose time is over to a side output, with the time when it was over as timestamp.</summary>
    /// <param name="tag">The side output.</param>
    public PatternStream<TKey, T> SideOutputTimedOut(OutputTag<PatternMatch<T>> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return new PatternStream<TKey, T>(_stream, _settings with { TimedOut = tag });
    }

    /// <summary>Makes a record of each match, with the timestamp of its last event.</summary>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="select">Makes it.</param>
    public OperatorStream<TOut> Select<TOut>(Func<PatternMatch<T>, TOut> select)
    {
        ArgumentNullException.ThrowIfNull(select);
        return Process<TOut>((_, match, output) => output.Emit(select(match)));
    }

    /// <summary>Makes any number of records of each match.</summary>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="action">Emits them.</param>
    public OperatorStream<TOut> Process<TOut>(MatchAction<TKey, T, TOut> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return _stream.Append<TOut>(id => new PatternNode<TKey, T, TOut>(_settings, action)
        {
            Id = id,
            Warning = PatternRules.IsUnbounded(_settings.Pattern)
                ? "the pattern has no Within, so a partial match that is never completed stays for ever and the state 'matches' grows without a bound"
                    + (_settings.AfterMatch.Kind == AfterMatchKind.NoSkip ? "" : $", and with {_settings.AfterMatch} every match that began after it waits for it and is never emitted")
                    + ". Give the pattern a Within."
                : null,
        });
    }
}
