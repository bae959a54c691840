using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Calls;

/// <summary>
/// Makes asynchronous calls of user code, several at a time, and emits their results in order, or between two watermarks as they come. It takes no record when its capacity is used up. Records in flight are part of a
/// snapshot and are called again after a restore. The final watermark, the end of the input, and whatever ends the job wait until nothing is in flight.
/// </summary>
internal sealed class AsyncOperator<TIn, TOut> : Operator, IReceiver<TIn>
{
    private readonly AsyncFunction<TIn, TOut> _function;
    private readonly AsyncOptions _options;
    private readonly long _timeoutMs;
    private readonly bool _isStored;
    private readonly OperatorState _state;
    private readonly OutputLink<TOut> _main;
    private readonly AsyncQueue<TIn, TOut> _queue;
    private readonly EndedCalls<AsyncCall<TIn, TOut>> _ended;
    private readonly PriorityQueue<AsyncCall<TIn, TOut>, long> _pausing = new();
    private readonly Stack<AsyncCall<TIn, TOut>> _spare = new();
    private readonly Queue<(TIn Value, long Timestamp)> _restored = new();
    private AsyncSnapshot<TIn>? _snapshot;
    private long _watermark = long.MinValue;
    private bool _isClosing;

    public AsyncOperator(OperatorSetup setup, AsyncFunction<TIn, TOut> function, AsyncOptions options, bool isStored) : base(setup)
    {
        _function = function;
        _options = options;
        _timeoutMs = options.TimeoutMs;
        _isStored = isStored;
        _state = new OperatorState(setup);
        _main = AddLink<TOut>(null);
        _queue = new AsyncQueue<TIn, TOut>(options.Ordered);
        _ended = new EndedCalls<AsyncCall<TIn, TOut>>(setup, TakeBack);
    }

    public override OperatorState State => _state;

    public override bool MakesCalls => true;

    public override bool AwaitsCalls => _queue.Records > 0;

    public override long NextDeadlineMs
    {
        get
        {
            long next = _pausing.TryPeek(out _, out long atMs) ? atMs : long.MaxValue;
            return Waiting(_queue.Oldest) is { } oldest ? Math.Min(next, oldest.DeadlineMs) : next;
        }
    }

    private bool IsEmpty => _queue.IsEmpty && _restored.Count == 0;

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(_function, Setup);

    public override void Open()
    {
        FunctionLifecycle.Open(_function, Setup, new NoState(Setup.Name));
        if (_isStored)
        {
            _snapshot = AsyncSnapshot<TIn>.Of(Setup);
        }

        if (_state.Restored is { } restored)
        {
            (_snapshot ??= AsyncSnapshot<TIn>.Of(Setup)).Read(restored, _restored);
        }
    }

    public override void BeginClosing()
    {
        _isClosing = true;
        for (AsyncCall<TIn, TOut>? call = _queue.Oldest; call is not null; call = call.Newer)
        {
            if (call.Phase == AsyncPhase.Running)
            {
                call.IsAbandoned = true;
                Setup.Host.Cancel(call);
            }
        }
    }

    public override void Close() => FunctionLifecycle.Close(_function, Setup);

    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot) =>
        (_snapshot ??= AsyncSnapshot<TIn>.Of(Setup)).Add(snapshot, Setup.Uid, [.. Records()]);

    public int Receive(Batch<TIn> batch, int from)
    {
        if (!Advance() || _restored.Count > 0)
        {
            return 0;
        }

        int at = from;
        while (at < batch.Count && _queue.Records < _options.Capacity)
        {
            Start(in batch.Values[at], batch.Timestamps[at]);
            at++;
        }

        Volatile.Write(ref Metrics.RecordsInCount, Metrics.RecordsInCount + at - from);
        return at - from;
    }

    public bool Control(in Element element)
    {
        if (!Advance())
        {
            return false;
        }

        bool isLast = element.Kind == ElementKind.EndOfInput || (element.Kind == ElementKind.Watermark && element.Value == long.MaxValue);
        if (IsEmpty)
        {
            return Forward(in element);
        }

        // What ends the job, or may, must not leave results behind.
        if (isLast || _restored.Count > 0)
        {
            return false;
        }

        AddControl(in element);
        return true;
    }

    /// <summary>Emits what may go out, and makes again what was in flight in the snapshot.</summary>
    public override bool Advance()
    {
        while (true)
        {
            StartRestored();
            if (_queue.Next() is not { } next)
            {
                bool isFlushed = _main.TryFlush();
                Volatile.Write(ref Metrics.RecordsOutCount, _main.Emitted);
                return isFlushed;
            }

            if (next.Phase == AsyncPhase.Control)
            {
                if (!_main.TryFlush() || !Forward(next.Control))
                {
                    return false;
                }

                _queue.RemoveNext(next);
                continue;
            }

            if (_main.IsFull && !_main.TryFlush())
            {
                return false;
            }

            next.Results.MoveTo(_main);
            _queue.RemoveNext(next);
            Recycle(next);
        }
    }

    public override void OnDeadline(long nowMs)
    {
        while (_pausing.TryPeek(out AsyncCall<TIn, TOut>? call, out long atMs) && atMs <= nowMs)
        {
            _pausing.Dequeue();
            if (call.Phase == AsyncPhase.Pausing)
            {
                Call(call);
            }
        }

        while (Waiting(_queue.Oldest) is { } late && late.DeadlineMs <= nowMs)
        {
            GiveUp(late);
        }
    }

    // The oldest has the nearest deadline of those whose results are not there: all have the same time.
    private static AsyncCall<TIn, TOut>? Waiting(AsyncCall<TIn, TOut>? from)
    {
        while (from is { Phase: AsyncPhase.Done or AsyncPhase.Control })
        {
            from = from.Newer;
        }

        return from;
    }

    private bool Forward(in Element element)
    {
        if (element.Kind == ElementKind.Watermark)
        {
            // After a restore upstream makes its watermarks anew; they have gone out once already.
            if (element.Value < _watermark)
            {
                return true;
            }

            _watermark = element.Value;
            Volatile.Write(ref Metrics.WatermarkMs, element.Value);
        }

        return ForwardControl(in element);
    }

    private void AddControl(in Element element)
    {
        // Watermarks that nothing stands between are one.
        if (element.Kind == ElementKind.Watermark && _queue.Newest is { Phase: AsyncPhase.Control, Control.Kind: ElementKind.Watermark } newest)
        {
            newest.Control = element;
            return;
        }

        AsyncCall<TIn, TOut> control = Take();
        control.Phase = AsyncPhase.Control;
        control.Control = element;
        _queue.Add(control);
    }

    private void Start(in TIn value, long timestamp)
    {
        AsyncCall<TIn, TOut> call = Take();
        call.Value = value;
        call.Timestamp = timestamp;
        call.Attempt = 0;
        call.DeadlineMs = _timeoutMs == long.MaxValue ? long.MaxValue : Setup.Host.NowMs + _timeoutMs;
        call.Phase = AsyncPhase.Running;
        _queue.Add(call);
        Call(call);
    }

    private void StartRestored()
    {
        while (_queue.Records < _options.Capacity && _restored.TryDequeue(out (TIn Value, long Timestamp) record))
        {
            Start(in record.Value, record.Timestamp);
        }
    }

    private void Call(AsyncCall<TIn, TOut> call)
    {
        call.Phase = AsyncPhase.Running;
        call.Attempt++;
        call.Results.Open(call.Timestamp);
        Setup.Host.Begin(call);
    }

    private void TakeBack(AsyncCall<TIn, TOut> call)
    {
        if (call.IsAbandoned || _isClosing)
        {
            return;
        }

        call.Results.Close();
        if (call.Error is not { } error)
        {
            _queue.Done(call);
            return;
        }

        Retry retry = _options.Retry;
        if (call.Attempt >= retry.Attempts || retry.Condition?.Invoke(error) == false)
        {
            throw UserError($"in the asynchronous call for {Describe(call)}{(retry.Attempts > 1 ? $", attempt {call.Attempt} of {retry.Attempts}" : "")}", error);
        }

        call.Results.Clear();
        call.Phase = AsyncPhase.Pausing;
        _pausing.Enqueue(call, Setup.Host.NowMs + retry.PauseMsBefore(call.Attempt + 1));
    }

    private void GiveUp(AsyncCall<TIn, TOut> call)
    {
        // Its code may still run and write to what belongs to the call, which is not used again.
        AsyncCall<TIn, TOut> answer = new(_function, _ended) { Value = call.Value, Timestamp = call.Timestamp, Phase = AsyncPhase.Running };
        _queue.Replace(call, answer);
        if (call.Phase == AsyncPhase.Running)
        {
            call.IsAbandoned = true;
            Setup.Host.Cancel(call);
        }

        call.Phase = AsyncPhase.Done;
        answer.Results.Open(call.Timestamp);
        bool isAnswered;
        try
        {
            isAnswered = _function.OnTimeout(in answer.Value, answer.Results.Output);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError($"in OnTimeout for {Describe(call)}", e);
        }

        if (!isAnswered)
        {
            throw UserError(
                $"waiting for the asynchronous call for {Describe(call)}",
                new TimeoutException(
                    $"it has not ended within {_options.Timeout.TotalSeconds} s (AsyncOptions.Timeout), attempt {call.Attempt} of {_options.Retry.Attempts}. "
                    + "Give it more time, lower AsyncOptions.Capacity if the service has too much to do, or override AsyncFunction.OnTimeout to go on without it."));
        }

        answer.Results.Close();
        _queue.Done(answer);
    }

    private IEnumerable<(TIn Value, long Timestamp)> Records()
    {
        for (AsyncCall<TIn, TOut>? call = _queue.Oldest; call is not null; call = call.Newer)
        {
            if (call.Phase != AsyncPhase.Control)
            {
                yield return (call.Value, call.Timestamp);
            }
        }

        foreach ((TIn, long) record in _restored)
        {
            yield return record;
        }
    }

    private AsyncCall<TIn, TOut> Take() => _spare.TryPop(out AsyncCall<TIn, TOut>? spare) ? spare : new AsyncCall<TIn, TOut>(_function, _ended);

    private void Recycle(AsyncCall<TIn, TOut> call)
    {
        call.Value = default!;
        _spare.Push(call);
    }

    private static string Describe(AsyncCall<TIn, TOut> call) => $"the record {Operators.Describe.Value(call.Value)} (timestamp {Operators.Describe.Timestamp(call.Timestamp)})";
}
