using System.Globalization;
using OrleansStream.Engine;

namespace OrleansStream.TestKit;

/// <summary>
/// Drives an engine on the calling thread, in virtual time and in an order that a seed decides: each step runs one runnable that has been woken or is due, or one piece of background work that was
/// submitted. A runnable is called only when it has made progress before, was woken, or wanted to be called at a time that has come, so that a forgotten wake-up shows. The same seed gives the same run, step by step.
/// One thread; no member may be called from another one.
/// </summary>
public sealed class SeededHost : IEngineHost
{
    private const int RememberedSteps = 24;

    private readonly SeededOptions _options;
    private readonly SeededRandom _random;
    private readonly List<Slot> _slots = [];
    private readonly List<(int Number, Action Work, long DueMs)> _background = [];
    private readonly List<Slot> _ready = [];
    private readonly List<int> _readyWork = [];
    private readonly Queue<string> _recent = new();
    private readonly List<string> _log = [];
    private readonly VirtualTime _timers;
    private int _submitted;
    private ulong _trace = 14695981039346656037;
    private bool _inBackground;
    private long _timeMs;

    /// <summary>Creates a host with nothing to do.</summary>
    /// <param name="options">Its options; the defaults if null.</param>
    public SeededHost(SeededOptions? options = null)
    {
        _options = options ?? new SeededOptions();
        _random = new SeededRandom(_options.Seed);
        _timeMs = _options.StartMs;
        _timers = new VirtualTime(() => NowMs);
        Services = _options.Services is SeededServices shared ? shared.With(_timers) : _options.Services ?? new SeededServices(new CollectedResults(), _timers);
    }

    /// <inheritdoc/>
    public long NowMs => _timeMs + ClockOffsetMs;

    /// <summary>What the processing-time clock is wrong by; <see cref="MonotonicNs"/> is right.</summary>
    public long ClockOffsetMs { get; set; }

    /// <summary>Whether background work stands still: storage that does not answer.</summary>
    public bool HoldsBackground { get; set; }

    /// <summary>Asked for each piece of background work: how many milliseconds it waits before it may begin. Null for none.</summary>
    public Func<long>? WorkDelayMs { get; init; }

    /// <inheritdoc/>
    public long MonotonicNs => (_timeMs * 1_000_000) + Steps;

    /// <inheritdoc/>
    public long ThreadCpuNs => Steps;

    /// <inheritdoc/>
    public IServiceProvider Services { get; }

    /// <summary>The steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>A digest of all steps so far: what ran, when and what it said. Equal for equal seeds.</summary>
    public ulong Trace => _trace;

    /// <summary>Whether <see cref="Crash"/> was called.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>What was logged, with its level, oldest first.</summary>
    public IReadOnlyList<string> LogLines => _log;

    /// <summary>What is driven at the moment and what it is doing, a line each.</summary>
    public IReadOnlyList<string> State => [.. _slots.Select(Describe), .. _background.Select(b => $"background work {b.Number}: waits")];

    /// <inheritdoc/>
    public void Start(Runnable runnable, int affinity)
    {
        ArgumentNullException.ThrowIfNull(runnable);
        Slot slot = new(runnable) { IsReady = true };
        runnable.HostTag = slot;
        _slots.Add(slot);
    }

    /// <inheritdoc/>
    public void Wake(Runnable runnable)
    {
        ArgumentNullException.ThrowIfNull(runnable);
        if (runnable.HostTag is Slot slot)
        {
            slot.IsReady = true;
        }
    }

    /// <inheritdoc/>
    public void Submit(Action work) => _background.Add((++_submitted, work, _timeMs + (WorkDelayMs?.Invoke() ?? 0)));

    /// <inheritdoc/>
    public void Await(Func<CancellationToken, ValueTask> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (!_inBackground)
        {
            throw new InvariantViolatedException("Asynchronous user code was awaited outside of background work.");
        }

        ValueTask task = code(CancellationToken.None);
        if (!task.IsCompleted)
        {
            throw new InvalidOperationException(
                "Asynchronous user code did not complete at once. The seeded driver has one thread and no clock, so it cannot wait: in tests give functions something that completes synchronously.");
        }

        task.GetAwaiter().GetResult();
    }

    /// <summary>
    /// The virtual time for user code that waits: <c>Task.Delay(span, host.Time, cancel)</c> ends when the host has come to that time. Functions find it as the service <see cref="TimeProvider"/>, unless the options have services of
    /// their own. Code that waits for anything else than this and what follows from it leaves the host's thread, and with that the order of the seed.
    /// </summary>
    public TimeProvider Time => _timers;

    /// <inheritdoc/>
    public void Begin(UserCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        Submit(() => VirtualCall.Run(call));
    }

    /// <inheritdoc/>
    public void Cancel(UserCall call) => VirtualCall.Cancel(call, Submit);

    /// <inheritdoc/>
    public double NextRandom() => _random.NextDouble();

    /// <inheritdoc/>
    public string NewIncarnation() =>
        _random.NextBits().ToString("x16", CultureInfo.InvariantCulture) + _random.NextBits().ToString("x16", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Log(EngineLogLevel level, string message, Exception? error = null) => _log.Add($"{level}: {message}");

    /// <summary>The process dies here: nothing runs any more, not even to the end of the current step's own calls of the host.</summary>
    public void Crash()
    {
        HasCrashed = true;
        _slots.Clear();
        _background.Clear();
        _timers.Clear();
    }

    /// <summary>Runs one step; if nothing can run, time jumps to the next wake-up.</summary>
    /// <param name="untilMs">Time does not jump further than this.</param>
    /// <returns>False if nothing is left to do, at least until that time.</returns>
    /// <exception cref="SeededRunStuckException">The limit of steps was passed.</exception>
    public bool Step(long untilMs = long.MaxValue)
    {
        if (HasCrashed)
        {
            return false;
        }

        if (FindReady() == 0)
        {
            long next = NextDueMs();
            if (next == long.MaxValue || next + ClockOffsetMs > untilMs)
            {
                return false;
            }

            _timeMs = next;
            FindReady();
        }

        if (++Steps > _options.StepLimit)
        {
            throw Stuck($"{_options.StepLimit} steps were run");
        }

        if (_options.StepsPerMs > 0 && Steps % _options.StepsPerMs == 0)
        {
            _timeMs++;
        }

        RunOne();
        return true;
    }

    /// <summary>Sets the time, for a driver of several hosts; it never goes back.</summary>
    internal void SetTime(long timeMs) => _timeMs = Math.Max(_timeMs, timeMs);

    /// <summary>When something wants to run, in true time: now if something is ready, <c>long.MaxValue</c> for never.</summary>
    internal long NextTimeMs()
    {
        if (HasCrashed)
        {
            return long.MaxValue;
        }

        return FindReady() > 0 ? _timeMs : NextDueMs();
    }

    /// <summary>Runs one step of what is ready now. Time does not move.</summary>
    /// <returns>False if nothing is ready.</returns>
    internal bool StepNow()
    {
        if (HasCrashed || FindReady() == 0)
        {
            return false;
        }

        Steps++;
        RunOne();
        return true;
    }

    private void RunOne()
    {
        int pick = _random.Next(_ready.Count + _timers.Due + _readyWork.Count);
        if (pick < _ready.Count)
        {
            Run(_ready[pick]);
        }
        else if (pick < _ready.Count + _timers.Due)
        {
            VirtualCall.WithoutContext(() => _timers.Fire(pick - _ready.Count));
            Note("timer of user code");
        }
        else
        {
            RunBackground(_readyWork[pick - _ready.Count - _timers.Due]);
        }
    }

    /// <summary>Runs until a condition holds.</summary>
    /// <param name="condition">Looked at before each step.</param>
    /// <param name="what">What is waited for, for the error.</param>
    /// <exception cref="SeededRunStuckException">Nothing can run any more and the condition does not hold, or the limit of steps was passed.</exception>
    public void RunUntil(Func<bool> condition, string what)
    {
        ArgumentNullException.ThrowIfNull(condition);
        while (!condition())
        {
            if (!Step())
            {
                throw Stuck($"nothing can run any more while waiting for {what}");
            }
        }
    }

    /// <summary>Runs everything that happens within a span of virtual time.</summary>
    /// <param name="span">The span.</param>
    public void Advance(TimeSpan span)
    {
        long until = NowMs + (long)span.TotalMilliseconds;
        while (NowMs <= until && Step(until))
        {
        }

        _timeMs = Math.Max(_timeMs, until - ClockOffsetMs);
    }

    /// <summary>The error of a run that does not go on, with the state of every runnable.</summary>
    /// <param name="why">How that was noticed.</param>
    public SeededRunStuckException Stuck(string why) => new(
        $"The seeded run is stuck: {why} (seed {_options.Seed}, step {Steps}, virtual time {NowMs - _options.StartMs} ms after the start).\n"
        + $"Runnables:\n  {string.Join("\n  ", State)}\nLast steps:\n  {string.Join("\n  ", _recent)}\nLast log lines:\n  {string.Join("\n  ", _log.TakeLast(8))}");

    // What may run now, and how much that is.
    private int FindReady()
    {
        _ready.Clear();
        _readyWork.Clear();
        foreach (Slot slot in _slots)
        {
            if (slot.IsReady || slot.Runnable.NextWakeMs <= NowMs)
            {
                _ready.Add(slot);
            }
        }

        for (int i = 0; i < _background.Count && !HoldsBackground; i++)
        {
            if (_background[i].DueMs <= _timeMs)
            {
                _readyWork.Add(i);
            }
        }

        return _ready.Count + _timers.Due + _readyWork.Count;
    }

    // When something can run next, in true time, if nothing can now.
    private long NextDueMs()
    {
        long next = Math.Min(_slots.Count == 0 ? long.MaxValue : _slots.Min(s => s.Runnable.NextWakeMs), _timers.NextMs);
        next = next == long.MaxValue ? next : next - ClockOffsetMs;
        return HoldsBackground || _background.Count == 0 ? next : Math.Min(next, _background.Min(b => b.DueMs));
    }

    private void Run(Slot slot)
    {
        slot.IsReady = false;
        Progress progress = slot.Runnable.Run();
        slot.Runnable.Account(MonotonicNs, MonotonicNs, progress);
        slot.Last = progress;
        slot.IsReady |= progress == Progress.Made;
        Note($"{slot.Runnable.Name}: {progress}");
        if (progress == Progress.Done)
        {
            slot.Runnable.HostTag = null;
            _slots.Remove(slot);
        }
    }

    private void RunBackground(int index)
    {
        (int number, Action work, _) = _background[index];
        _background.RemoveAt(index);
        _inBackground = true;
        try
        {
            work();
        }
        finally
        {
            _inBackground = false;
        }

        Note($"background work {number}");
    }

    private void Note(string step)
    {
        foreach (char c in step)
        {
            _trace = (_trace ^ c) * 1099511628211;
        }

        _trace = (_trace ^ (ulong)NowMs) * 1099511628211;
        _recent.Enqueue(step);
        if (_recent.Count > RememberedSteps)
        {
            _recent.Dequeue();
        }
    }

    private string Describe(Slot slot)
    {
        string when = slot.IsReady ? "ready"
            : slot.Runnable.NextWakeMs == long.MaxValue ? "sleeps until woken"
            : $"sleeps until {slot.Runnable.NextWakeMs - _options.StartMs} ms";
        return $"{slot.Runnable.Name}: {slot.Last?.ToString() ?? "not run yet"}, {when}{(slot.Runnable.HasMail ? ", has mail" : "")}. {slot.Runnable.Describe()}";
    }

    private sealed class Slot(Runnable runnable)
    {
        public Runnable Runnable { get; } = runnable;

        public bool IsReady { get; set; }

        public Progress? Last { get; set; }
    }
}
