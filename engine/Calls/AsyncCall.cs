using OrleansStream.Engine.Channels;

namespace OrleansStream.Engine.Calls;

/// <summary>Where an element of an async operator stands.</summary>
internal enum AsyncPhase : byte
{
    /// <summary>The user's code runs.</summary>
    Running,

    /// <summary>It failed and is to be repeated.</summary>
    Pausing,

    /// <summary>Its results are there.</summary>
    Done,

    /// <summary>It is no record but a watermark or status, which goes out when it is the oldest.</summary>
    Control,
}

/// <summary>A record in flight in an async operator, or a control element between records. On the subtask's thread, but for <see cref="Invoke"/> and the end of a call.</summary>
internal sealed class AsyncCall<TIn, TOut>(AsyncFunction<TIn, TOut> function, EndedCalls<AsyncCall<TIn, TOut>> ended) : OperatorCall
{
    public TIn Value = default!;

    public AsyncPhase Phase { get; set; }

    public long Timestamp { get; set; }

    public Element Control { get; set; }

    /// <summary>How many watermarks and statuses came before it, ever: calls of one segment may overtake each other.</summary>
    public long Segment { get; set; }

    /// <summary>How often it was called.</summary>
    public int Attempt { get; set; }

    /// <summary>When it has waited for too long, by the host's clock.</summary>
    public long DeadlineMs { get; set; }

    public CallOutput<TOut> Results { get; } = new();

    public AsyncCall<TIn, TOut>? Older { get; set; }

    public AsyncCall<TIn, TOut>? Newer { get; set; }

    public override ValueTask Invoke(CancellationToken cancel) => function.ProcessAsync(Value, Results.Output, cancel);

    protected override void Return() => ended.Add(this);
}
