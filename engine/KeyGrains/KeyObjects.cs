using OrleansStream.Engine.Calls;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.KeyGrains;

/// <summary>What the keyed grains of an operator are run with.</summary>
internal sealed record GrainSettings(int MaxConcurrentCalls, int MaxWaiting, long CallTimeoutMs, int MaxActive, long TellRetentionMs, IReadOnlyList<GrainMessage> Accepted)
{
    public static GrainSettings Of(OperatorSetup setup, KeyedOptions options, int maxConcurrentCalls, IReadOnlyList<GrainMessage> accepted) => new(
        maxConcurrentCalls, Math.Max(setup.BatchSize, maxConcurrentCalls), (long)Math.Ceiling(options.CallTimeout.TotalMilliseconds), options.MaxActiveGrains,
        (long)options.TellRetention.TotalMilliseconds, accepted);
}

/// <summary>
/// The objects of the active keys of a subtask, and their calls: one at a time for a key, several keys at a time. State is taken out of the tables before a call and put back after it, on the subtask's thread, so that a snapshot
/// and whoever reads the tables see whole calls only. What a call emits leaves when it has ended, so that the output of a key is in the order of its calls.
/// </summary>
internal sealed partial class KeyObjects<TKey, TItem, TOut>
{
    private readonly OperatorSetup _setup;
    private readonly KeyedState<TKey> _state;
    private readonly OutputLink<TOut> _main;
    private readonly Operator _owner;
    private readonly Func<bool> _flush;
    private readonly Func<GrainBody<TKey, TItem, TOut>> _create;
    private readonly GrainSettings _settings;
    private readonly GrainTables<TKey> _tables;
    private readonly KeyedTable<TKey, KeyObject<TKey, TItem, TOut>> _objects;
    private readonly EndedCalls<KeyObject<TKey, TItem, TOut>> _calls;
    private readonly Queue<KeyObject<TKey, TItem, TOut>> _ready = new();
    private readonly Queue<KeyObject<TKey, TItem, TOut>> _ended = new();
    private readonly Queue<(KeyObject<TKey, TItem, TOut> Object, long Call, long DeadlineMs)> _deadlines = new();
    private readonly Stack<CallOutput<TOut>> _outputs = new();
    private readonly RecentObjects<TKey, TItem, TOut> _idle = new();
    private readonly SideOutputs _sides;
    private GrainBody<TKey, TItem, TOut>? _first;
    private GrainStore<TKey>? _firstStore;
    private TimerService<TKey> _timers = null!;
    private bool _opensAsync;
    private bool _closesAsync;
    private bool _isKeyGrain;
    private int _records;
    private int _running;
    private long _callNumber;
    private bool _controlWaits;
    private bool _firesClock;
    private bool _barrierWaits;
    private bool _isClosing;

    public KeyObjects(
        Operator owner, KeyedState<TKey> state, OutputLink<TOut> main, Func<bool> flush, Func<GrainBody<TKey, TItem, TOut>> create, GrainSettings settings)
    {
        _owner = owner;
        _setup = owner.Setup;
        _state = state;
        _main = main;
        _flush = flush;
        _create = create;
        _settings = settings;
        _tables = new GrainTables<TKey>(_setup, state);
        _objects = new KeyedTable<TKey, KeyObject<TKey, TItem, TOut>>(
            state.Pool, new TableOptions<KeyObject<TKey, TItem, TOut>>(state.Owned.First, state.Owned.Last, state.Owned.MaxParallelism, null));
        _calls = new EndedCalls<KeyObject<TKey, TItem, TOut>>(_setup, TakeBack);
        _sides = new SideOutputs(owner);
    }

    /// <summary>The watermark that calls see; it rises when no call is under way.</summary>
    public long Watermark { get; set; } = long.MinValue;

    public TimerService<TKey> Timers => _timers;

    /// <summary>How many objects there are.</summary>
    public long ActiveCount => _objects.Count;

    public bool AwaitsCalls => !IsQuiet;

    /// <summary>Whether no call is under way or waits, messages apart.</summary>
    public bool IsQuiet => _running == 0 && _ready.Count == 0 && _ended.Count == 0;

    /// <summary>When processing-time timers want to fire; at once while some are being fired.</summary>
    public long NextClockMs => _firesClock ? long.MinValue : _timers.ProcessingTime.NextTime;

    public long NextDeadlineMs => Math.Min(NextCallDeadline(), NextExpiry);

    /// <summary>Opens the object that the first key will get: it declares the states. In the background.</summary>
    public void OpenInBackground()
    {
        _first = _create();
        Type type = _first.Function.GetType();
        _opensAsync = IsOverridden(type, nameof(StreamFunction.OpenAsync));
        _closesAsync = IsOverridden(type, nameof(StreamFunction.CloseAsync));
        _isKeyGrain = _first is KeyGrainBody<TKey, TItem, TOut>;
        FunctionLifecycle.OpenInBackground(_first.Function, _setup);
    }

    public void Open()
    {
        _timers = new TimerService<TKey>(_state);
        _firstStore = new GrainStore<TKey>(_setup, _tables);
        FunctionLifecycle.Open(_first!.Function, _setup, _firstStore);
        OpenTells();
        _tables.IsClosed = true;
    }

    /// <summary>Asks all calls to end; nothing waits for those that do not.</summary>
    public void BeginClosing()
    {
        _isClosing = true;
        foreach ((KeyObject<TKey, TItem, TOut> running, long call, _) in _deadlines)
        {
            if (running.IsRunning && running.CallNumber == call)
            {
                running.IsAbandoned = true;
                _setup.Host.Cancel(running);
            }
        }

        RefuseTells();
    }

    /// <summary>Closes the objects; in the background.</summary>
    public void Close()
    {
        if (_first is { } first)
        {
            FunctionLifecycle.Close(first.Function, _setup);
        }

        if (_closesAsync)
        {
            for (TableCursor<TKey, KeyObject<TKey, TItem, TOut>> cursor = _objects.OpenCursor(); cursor.MoveNext();)
            {
                FunctionLifecycle.Close(cursor.Value.Body.Function, _setup);
            }
        }
    }

    /// <summary>Takes a record; its call begins soon.</summary>
    /// <returns>False if too many wait.</returns>
    public bool TryAdd(in TKey key, ulong hash, in TItem item, long timestamp)
    {
        if (_records >= _settings.MaxWaiting || FindOrActivate(in key, hash) is not { } target)
        {
            return false;
        }

        target.Waiting.Add(in item, timestamp);
        _records++;
        Enqueue(target);
        return true;
    }

    /// <summary>Does what calls that have ended have left to be done, as long as there is room for what they emitted, and begins those that wait.</summary>
    /// <returns>Whether nothing emitted is left here.</returns>
    public bool Advance() => Pump(mayOverflow: false);

    /// <summary>A control element waits: the calls before it go on, messages wait.</summary>
    /// <returns>Whether no call is left.</returns>
    public bool Drain()
    {
        _controlWaits = true;
        if (!Pump(mayOverflow: false) || !IsQuiet)
        {
            return false;
        }

        _controlWaits = false;
        return true;
    }

    /// <summary>A barrier waits: the calls before it go on even if the output is full, messages wait.</summary>
    /// <returns>Whether no call is left.</returns>
    public bool Settle()
    {
        _barrierWaits = true;
        Pump(mayOverflow: true);
        return IsQuiet;
    }

    /// <summary>The barrier has been taken, or does not come any more.</summary>
    public void Unsettle()
    {
        _barrierWaits = false;
        AdmitTells();
    }

    /// <summary>Fires processing-time timers, after the calls that are under way.</summary>
    public bool FireClock(long nowMs)
    {
        _firesClock = !(Drain() && FireTimers(_timers.ProcessingTime, nowMs, TimeDomain.ProcessingTime));
        return !_firesClock;
    }

    /// <summary>Fires timers that are due, in rounds of one for each key, so that what one does to others of its key is done before they fire. Called again until it says true; no other call is under way when it is called first.</summary>
    public bool FireTimers(TimerQueue<TKey> queue, long upTo, TimeDomain domain)
    {
        _controlWaits = true;
        while (true)
        {
            if (!Pump(mayOverflow: false) || !IsQuiet)
            {
                return false;
            }

            int begun = 0;
            while (begun < _settings.MaxWaiting && queue.TryTake(upTo, out TKey key, out ulong hash, out long time))
            {
                KeyObject<TKey, TItem, TOut>? target = FindOrActivate(in key, hash);
                if (target is null || target.Timer is not null)
                {
                    queue.Register(in key, hash, time);
                    break;
                }

                target.Timer = new FiredTimer(time, domain);
                Enqueue(target);
                begun++;
            }

            if (begun == 0)
            {
                _controlWaits = false;
                return true;
            }
        }
    }

    public void OnDeadline(long nowMs)
    {
        if (nowMs >= NextExpiry)
        {
            ForgetTells(nowMs);
        }

        if (nowMs < NextCallDeadline())
        {
            return;
        }

        KeyObject<TKey, TItem, TOut> late = _deadlines.Peek().Object;
        throw Error(late, new TimeoutException(
            $"it has not ended within {_settings.CallTimeoutMs / 1000.0} s (keyed.call-timeout). Give calls more time, or limit what they wait for with a timeout of their own."));
    }

    private static bool IsOverridden(Type type, string method)
    {
        Type? declaring = type.GetMethod(method)?.DeclaringType;
        return declaring is not null && declaring != typeof(StreamFunction);
    }

    private long NextCallDeadline()
    {
        while (_deadlines.TryPeek(out (KeyObject<TKey, TItem, TOut> Object, long Call, long DeadlineMs) next))
        {
            if (next.Object.IsRunning && next.Object.CallNumber == next.Call)
            {
                return next.DeadlineMs;
            }

            _deadlines.Dequeue();
        }

        return long.MaxValue;
    }

    private bool Pump(bool mayOverflow)
    {
        bool hasRoom = _flush();
        while (_ended.Count > 0 && (hasRoom || mayOverflow))
        {
            Apply(_ended.Dequeue());
            if (_main.IsFull || _sides.IsFull)
            {
                _sides.Flushed();
                hasRoom = _flush();
            }
        }

        AdmitTells();
        while (_running < _settings.MaxConcurrentCalls && (hasRoom || mayOverflow) && _ready.TryDequeue(out KeyObject<TKey, TItem, TOut>? next))
        {
            next.IsQueued = false;
            Begin(next);
        }

        return _flush() && (_ended.Count == 0 || mayOverflow);
    }

    private void Enqueue(KeyObject<TKey, TItem, TOut> target)
    {
        if (!target.IsQueued && !target.IsRunning)
        {
            _idle.Remove(target);
            target.IsQueued = true;
            _ready.Enqueue(target);
        }
    }

    private void Begin(KeyObject<TKey, TItem, TOut> target)
    {
        if (!target.IsOpenedAsync && _opensAsync)
        {
            target.Work = GrainWork.Opening;
            Call(target);
            return;
        }

        if (!target.IsOpen)
        {
            FunctionLifecycle.Open(target.Body.Function, _setup, target.Store);
            target.IsOpen = true;
        }

        target.Work = target.Timer is not null ? GrainWork.Timer : target.Tells is { Count: > 0 } ? GrainWork.Message : GrainWork.Records;
        if (target.Work == GrainWork.Records)
        {
            target.TakeWaiting();
        }

        target.Store.Load(target.Key, target.Hash);
        target.Context.Begin(target.Key, Watermark);
        target.Results = _outputs.TryPop(out CallOutput<TOut>? output) ? output : new CallOutput<TOut>();
        target.Results.Open(Batch<TOut>.NoTimestamp);
        Call(target);
    }

    private void Call(KeyObject<TKey, TItem, TOut> target)
    {
        target.IsRunning = true;
        target.CallNumber = ++_callNumber;
        _running++;
        _deadlines.Enqueue((target, target.CallNumber, _setup.Host.NowMs + _settings.CallTimeoutMs));
        _setup.Host.Begin(target);
    }

    private void TakeBack(KeyObject<TKey, TItem, TOut> call)
    {
        if (_isClosing)
        {
            return;
        }

        // It cannot be late any more, however long its output waits.
        call.CallNumber = 0;
        call.Results?.Close();
        _ended.Enqueue(call);
    }

    private void Apply(KeyObject<TKey, TItem, TOut> ended)
    {
        if (ended.Error is { } error)
        {
            throw Error(ended, error);
        }

        _running--;
        ended.IsRunning = false;
        switch (ended.Work)
        {
            case GrainWork.Opening:
                ended.IsOpenedAsync = true;
                Enqueue(ended);
                return;
            case GrainWork.Records:
                _records -= ended.Called.Count;
                ended.Called.Clear();
                break;
            case GrainWork.Timer:
                ended.Timer = null;
                break;
            default:
                break;
        }

        ended.Store.Save(ended.Key, ended.Hash);
        ended.Context.Apply(ended.Hash, _timers, _sides);
        CallOutput<TOut> results = ended.Results!;
        ended.Results = null;
        results.MoveTo(_main);
        _outputs.Push(results);
        if (ended.Work == GrainWork.Message)
        {
            Applied(ended, ended.Tells!.Dequeue());
        }

        ended.Work = GrainWork.None;
        if (ended.HasWork)
        {
            Enqueue(ended);
        }
        else
        {
            _idle.Add(ended);
        }
    }

    private KeyObject<TKey, TItem, TOut>? FindOrActivate(in TKey key, ulong hash)
    {
        if (_objects.TryGet(in key, hash, out KeyObject<TKey, TItem, TOut>? found))
        {
            return found;
        }

        while (_objects.Count >= _settings.MaxActive)
        {
            if (_idle.TakeLeastRecent() is not { } least)
            {
                return null;
            }

            _objects.Remove(least.Key, least.Hash);
            if (_closesAsync)
            {
                _setup.Host.Begin(new CloseCall(least.Body.Function, _setup));
            }
        }

        GrainBody<TKey, TItem, TOut> body = _first ?? _create();
        KeyObject<TKey, TItem, TOut> created = new(
            key, hash, body, _firstStore ?? new GrainStore<TKey>(_setup, _tables), new GrainContext<TKey>(_owner), _calls, cancel => FunctionLifecycle.OpenAsync(body.Function, _setup, cancel),
            _isKeyGrain ? new KeyCallScope(_setup.Job, _setup.Uid, Describe.Value(key)) : null)
        {
            IsOpen = _first is not null,
            IsOpenedAsync = _first is not null,
        };
        _first = null;
        _firstStore = null;
        _objects.GetOrAdd(in key, hash, out _) = created;
        return created;
    }

    private UserCodeException Error(KeyObject<TKey, TItem, TOut> call, Exception error)
    {
        string what = call.Work switch
        {
            GrainWork.Opening => "in OpenAsync",
            GrainWork.Records => $"in the call with {call.Called.Count} records, the first {Describe.Value(call.Called.First)},",
            GrainWork.Timer => $"in the call for a timer ({call.Timer!.Value.Domain} {Describe.Timestamp(call.Timer.Value.Time)})",
            _ => $"in the call with the message {Describe.Value(call.Tells!.Peek().Message)}",
        };
        return new UserCodeException(_setup.Name, _setup.Subtask, $"{what} of key {Describe.Value(call.Key)}", error);
    }

    /// <summary>Closes an object that made room.</summary>
    private sealed class CloseCall(StreamFunction function, OperatorSetup setup) : UserCall
    {
        public override ValueTask Invoke(CancellationToken cancel) => function.CloseAsync();

        public override void Ended(Exception? error)
        {
            if (error is not null)
            {
                setup.Host.Log(EngineLogLevel.Warning, $"Operator '{setup.Name}' (subtask {setup.Subtask}): closing the object of a key failed: {error.Message}", error);
            }
        }
    }
}
