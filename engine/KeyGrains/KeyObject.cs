using OrleansStream.Engine.Calls;
using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.KeyGrains;

/// <summary>What a call of a key's object is for.</summary>
internal enum GrainWork : byte
{
    None,

    /// <summary>Its OpenAsync, before anything else.</summary>
    Opening,
    Records,
    Timer,
    Message,
}

/// <summary>The object of an active key, what waits for it, and the one call that may be under way. On the subtask's thread, but for <see cref="Invoke"/> and the end of a call.</summary>
internal sealed class KeyObject<TKey, TItem, TOut> : OperatorCall
{
    private readonly EndedCalls<KeyObject<TKey, TItem, TOut>> _ended;
    private readonly Func<CancellationToken, ValueTask> _open;
    private readonly KeyCallScope? _scope;

    public KeyObject(
        TKey key, ulong hash, GrainBody<TKey, TItem, TOut> body, GrainStore<TKey> store, GrainContext<TKey> context, EndedCalls<KeyObject<TKey, TItem, TOut>> ended,
        Func<CancellationToken, ValueTask> open, KeyCallScope? scope)
    {
        Key = key;
        Hash = hash;
        Body = body;
        Store = store;
        Context = context;
        _ended = ended;
        _open = open;
        _scope = scope;
        Waiting = new GrainBatch<TItem, TOut>(context);
        Called = new GrainBatch<TItem, TOut>(context);
    }

    public TKey Key { get; }

    public ulong Hash { get; }

    public GrainBody<TKey, TItem, TOut> Body { get; }

    public GrainStore<TKey> Store { get; }

    public GrainContext<TKey> Context { get; }

    /// <summary>Whether Open was called.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Whether OpenAsync is behind it.</summary>
    public bool IsOpenedAsync { get; set; }

    /// <summary>Whether it waits for its turn to be called.</summary>
    public bool IsQueued { get; set; }

    public bool IsRunning { get; set; }

    /// <summary>What the call that is under way is for.</summary>
    public GrainWork Work { get; set; }

    /// <summary>The number of the call that is under way.</summary>
    public long CallNumber { get; set; }

    /// <summary>The records that came since the last call began.</summary>
    public GrainBatch<TItem, TOut> Waiting { get; private set; }

    /// <summary>The records of the call that is under way.</summary>
    public GrainBatch<TItem, TOut> Called { get; private set; }

    /// <summary>A timer that waits or is being called.</summary>
    public FiredTimer? Timer { get; set; }

    /// <summary>Messages that wait; the first is being called while <see cref="Work"/> says so.</summary>
    public Queue<GrainTell>? Tells { get; set; }

    public CallOutput<TOut>? Results { get; set; }

    public KeyObject<TKey, TItem, TOut>? LessRecent { get; set; }

    public KeyObject<TKey, TItem, TOut>? MoreRecent { get; set; }

    public bool HasWork => Timer is not null || Waiting.Count > 0 || Tells is { Count: > 0 };

    public bool IsIdle => !IsRunning && !IsQueued && !HasWork;

    /// <summary>Makes what waits what is called.</summary>
    public void TakeWaiting() => (Called, Waiting) = (Waiting, Called);

    public override ValueTask Invoke(CancellationToken cancel)
    {
        if (_scope is null)
        {
            return Run(cancel);
        }

        KeyCallScope.Enter(_scope);
        try
        {
            return Run(cancel);
        }
        finally
        {
            KeyCallScope.Leave();
        }
    }

    protected override void Return() => _ended.Add(this);

    private ValueTask Run(CancellationToken cancel)
    {
        Output<TOut>? output = Results?.Output;
        switch (Work)
        {
            case GrainWork.Opening:
                return _open(cancel);
            case GrainWork.Records:
                Called.Output = output;
                return Body.ProcessAsync(Called, Context, output!, cancel);
            case GrainWork.Timer:
                FiredTimer timer = Timer!.Value;
                Context.Timestamp = output!.Timestamp = timer.Domain == TimeDomain.EventTime ? timer.Time : Batch<TOut>.NoTimestamp;
                return Body.OnTimerAsync(timer, Context, output, cancel);
            default:
                return Body.OnTellAsync(Tells!.Peek().Message, Context, output!, cancel);
        }
    }
}
