using System.Runtime.CompilerServices;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// Windows of every kind, with triggers and evictors: contents and timers per key and window, in keyed state. A record costs a lookup per window and what its trigger does. Aligned windows and sessions that are
/// only aggregated have operators of their own.
/// </summary>
internal sealed class WindowOperator<TKey, TIn, TContents, TElement, TResult, TFold> : KeyedOperator<TKey, TIn, TResult>
    where TFold : IWindowFold<TIn, TContents, TElement>
{
    private static readonly KeyHasher<TimeWindow> s_windowHasher = KeyHasher.For<TimeWindow>();
    private readonly WindowSettings<TIn> _settings;
    private readonly WindowAssigner _assigner;
    private readonly WindowAssigner<TIn>? _assignerByRecord;
    private readonly Trigger _trigger;
    private readonly Trigger<TIn>? _triggerByRecord;
    private readonly WindowFunction<TKey, TElement, TResult> _function;
    private readonly bool _isEventTime;
    private readonly List<TimeWindow> _windows = [];
    private readonly List<TimeWindow> _ids = [];
    private TFold _fold;
    private KeyedTable<KeyAnd<TKey, TimeWindow>, TContents> _contents = null!;
    private KeyedTable<TKey, MergedWindow[]>? _merged;
    private WindowStates<TKey> _states = null!;
    private WindowTimers<TKey> _timers = null!;
    private WindowFunctionContext<TKey> _context = null!;
    private LateRecords<TIn> _late = null!;
    private TimeWindow _hashedWindow;
    private ulong _windowHash = s_windowHasher.Hash(default);

    public WindowOperator(OperatorSetup setup, WindowSettings<TIn> settings, TFold fold, WindowFunction<TKey, TElement, TResult> function) : base(setup)
    {
        _settings = settings;
        _fold = fold;
        _function = function;
        _assigner = settings.Assigner;
        _assignerByRecord = _assigner as WindowAssigner<TIn>;
        _isEventTime = _assigner.IsEventTime;
        _trigger = (settings.Trigger ?? _assigner.DefaultTrigger).Copy();
        _triggerByRecord = _trigger as Trigger<TIn>;
    }

    protected override string? Shape => _assigner.ToString();

    public override long NextClockMs => _timers.ProcessingClock.NextTime;

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(_function, Setup);

    public override void Open()
    {
        _contents = Keyed.Table<TimeWindow, TContents>("windows:contents");
        _merged = _assigner.IsMerging ? Keyed.Table<MergedWindow[]>("windows:merged") : null;
        _states = new WindowStates<TKey>(Keyed, Setup.Name, _assigner.IsMerging);
        _timers = new WindowTimers<TKey>(Setup, Keyed);
        _context = new WindowFunctionContext<TKey>(this, Keyed);
        _late = LateRecords<TIn>.Of(this, _settings.Late);
        _trigger.Open(_states);
        FunctionLifecycle.Open(_function, Setup, Keyed, _states);
        base.Open();
    }

    public override void Close()
    {
        FunctionLifecycle.Close(_function, Setup);
        base.Close();
    }

    public override bool OnClock(long nowMs) => Advance() && FireTimers(_timers.ProcessingClock, nowMs, TimeDomain.ProcessingTime) && Advance();

    protected override int Process(KeyedBatch<TKey, TIn> batch, int from)
    {
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                Keyed.SetKey(batch.KeyAt(i), batch.Hashes[i]);
                AddRecord(in batch.Values[i], batch.Timestamps[i]);
                i++;
                if (Main.IsFull || _late.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw KeyError("adding to a window", batch, i, e);
        }

        return i - from;
    }

    protected override void RestoreWatermark(StoredWatermark stored)
    {
        base.RestoreWatermark(stored);
        _context.Watermark = stored.Value;
        _timers.Advance(stored.Value);
    }

    protected override bool OnWatermark(long watermark)
    {
        _context.Watermark = watermark;
        _timers.Advance(watermark);
        return FireTimers(_timers.EventTime, watermark, TimeDomain.EventTime);
    }

    private void AddRecord(in TIn value, long timestamp)
    {
        if (_isEventTime && timestamp == Batch<TIn>.NoTimestamp)
        {
            throw WindowTime.NoTimestamp(Setup.Name);
        }

        long time = _isEventTime ? timestamp : Setup.Host.NowMs;
        _windows.Clear();
        if (_assignerByRecord is not null)
        {
            _assignerByRecord.Assign(in value, time, _windows);
        }
        else
        {
            _assigner.Assign(time, _windows);
        }

        bool taken = false;
        foreach (TimeWindow window in _windows)
        {
            taken |= _merged is null ? AddIfAlive(window, in value, timestamp) : AddMerging(window, in value, timestamp);
        }

        if (!taken && _isEventTime && WindowTime.SaturatingAdd(timestamp, _settings.LatenessMs) <= Watermark)
        {
            _late.Add(in value, timestamp);
        }
    }

    private bool AddIfAlive(TimeWindow window, in TIn value, long timestamp)
    {
        if (IsDead(window))
        {
            return false;
        }

        Add(window, window, in value, timestamp);
        return true;
    }

    private void Add(TimeWindow window, TimeWindow id, in TIn value, long timestamp)
    {
        Select(window, id);
        ref TContents contents = ref _contents.GetOrAdd(in _timers.Entry, _timers.Hash, out bool added);
        if (added)
        {
            contents = _fold.Create();
        }

        _fold.Add(ref contents, in value, timestamp);
        if (added || _merged is not null)
        {
            ScheduleEnd(window);
        }

        Apply(_triggerByRecord is null ? _trigger.OnRecord(timestamp, _timers) : _triggerByRecord.OnRecord(in value, timestamp, _timers));
    }

    private bool AddMerging(TimeWindow window, in TIn value, long timestamp)
    {
        TKey key = Keyed.Current.Entry;
        ulong hash = Keyed.Current.Hash;
        MergedWindow[] there = _merged!.TryGet(in key, hash, out MergedWindow[]? found) ? found : [];
        int first = 0;
        while (first < there.Length && there[first].Window.End < window.Start)
        {
            first++;
        }

        TimeWindow cover = window;
        int behind = first;
        while (behind < there.Length && there[behind].Window.Touches(window))
        {
            cover = cover.Cover(there[behind].Window);
            behind++;
        }

        if (behind == first)
        {
            if (IsDead(window))
            {
                return false;
            }

            _merged.GetOrAdd(in key, hash, out _) = [.. there[..first], new MergedWindow(window, window), .. there[first..]];
            Add(window, window, in value, timestamp);
            return true;
        }

        TimeWindow id = there[first].Id;
        if (behind > first + 1 || cover != there[first].Window)
        {
            Merge(there.AsSpan(first, behind - first), cover);
            _merged.GetOrAdd(in key, hash, out _) = [.. there[..first], new MergedWindow(cover, id), .. there[behind..]];
        }

        Add(cover, id, in value, timestamp);
        return true;
    }

    /// <summary>Makes one window of some: state goes to the first, the earliest.</summary>
    private void Merge(ReadOnlySpan<MergedWindow> windows, TimeWindow cover)
    {
        _ids.Clear();
        foreach (MergedWindow old in windows)
        {
            _ids.Add(old.Id);
            Select(old.Window, old.Id);
            _trigger.OnRemoved(_timers);
            UnscheduleEnd(old.Window);
        }

        for (int i = 1; i < _ids.Count; i++)
        {
            Select(cover, _ids[i]);
            if (_contents.TryGet(in _timers.Entry, _timers.Hash, out TContents? later))
            {
                _contents.Remove(in _timers.Entry, _timers.Hash);
                Select(cover, _ids[0]);
                ref TContents into = ref _contents.GetOrAdd(in _timers.Entry, _timers.Hash, out bool added);
                if (added)
                {
                    into = later;
                }
                else
                {
                    _fold.Merge(ref into, in later);
                }
            }
        }

        Select(cover, _ids[0]);
        if (_ids.Count > 1)
        {
            _states.MergeFrom([.. _ids]);
        }

        _trigger.OnMerged(_timers);
    }

    private void Apply(TriggerResult result)
    {
        if ((result & TriggerResult.Fire) != 0)
        {
            Fire();
            result |= _settings.IsDiscarding ? TriggerResult.Purge : 0;
        }

        if ((result & TriggerResult.Purge) != 0)
        {
            _contents.Remove(in _timers.Entry, _timers.Hash);
        }
    }

    private void Fire()
    {
        ref TContents contents = ref _contents.FindForWrite(in _timers.Entry, _timers.Hash);
        if (Unsafe.IsNullRef(ref contents))
        {
            return;
        }

        TimeWindow window = _timers.Window;
        _context.Window = window;
        _context.Timestamp = Main.Output.Timestamp = window.MaxTimestamp;
        bool isEmpty;
        try
        {
            _function.Process(_context, _fold.BeginFiring(ref contents, window), Main.Output);
            isEmpty = _fold.EndFiring(ref contents, window);
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw UserError($"making the result of the window that ends at {Describe.Timestamp(window.End)} for key {Describe.Value(Keyed.Current.Entry)}", e);
        }

        if (isEmpty)
        {
            _contents.Remove(in _timers.Entry, _timers.Hash);
        }
    }

    private bool FireTimers(TimerQueue<KeyAnd<TKey, TimeWindow>> queue, long upTo, TimeDomain domain)
    {
        while (queue.TryTake(upTo, out KeyAnd<TKey, TimeWindow> entry, out ulong hash, out long time))
        {
            OnTimer(in entry, hash, new FiredTimer(time, domain));
            if ((Main.IsFull || _context.SideIsFull) && !Advance())
            {
                return false;
            }
        }

        return true;
    }

    private void OnTimer(in KeyAnd<TKey, TimeWindow> entry, ulong hash, FiredTimer timer)
    {
        ulong keyHash = Keyed.Hasher.Hash(entry.Key);
        Keyed.SetKey(entry.Key, keyHash);
        TimeWindow window = entry.Namespace;
        if (_merged is not null && !TryFindMerged(in entry, keyHash, out window))
        {
            return;
        }

        _timers.Select(in entry, hash, window);
        _states.Select(entry.Namespace);
        TriggerResult result;
        try
        {
            result = _trigger.OnTime(in timer, _timers);
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw UserError($"in the trigger of the window that ends at {Describe.Timestamp(window.End)} for key {Describe.Value(entry.Key)}", e);
        }

        Apply(result);
        if (_isEventTime == (timer.Domain == TimeDomain.EventTime) && timer.Time == EndOfLife(window))
        {
            Drop(in entry, keyHash);
        }
    }

    private bool TryFindMerged(in KeyAnd<TKey, TimeWindow> entry, ulong keyHash, out TimeWindow window)
    {
        if (_merged!.TryGet(entry.Key, keyHash, out MergedWindow[]? there))
        {
            foreach (MergedWindow merged in there)
            {
                if (merged.Id == entry.Namespace)
                {
                    window = merged.Window;
                    return true;
                }
            }
        }

        window = default;
        return false;
    }

    private void Drop(in KeyAnd<TKey, TimeWindow> entry, ulong keyHash)
    {
        _contents.Remove(in _timers.Entry, _timers.Hash);
        _trigger.OnRemoved(_timers);
        _states.Clear();
        if (_merged is null)
        {
            return;
        }

        TimeWindow id = entry.Namespace;
        ref MergedWindow[] there = ref _merged.FindForWrite(entry.Key, keyHash);
        if (there.Length == 1)
        {
            _merged.Remove(entry.Key, keyHash);
        }
        else
        {
            there = Array.FindAll(there, merged => merged.Id != id);
        }
    }

    private void Select(TimeWindow window, TimeWindow id)
    {
        if (id != _hashedWindow)
        {
            _hashedWindow = id;
            _windowHash = s_windowHasher.Hash(in id);
        }

        _timers.Select(
            new KeyAnd<TKey, TimeWindow>(Keyed.Current.Entry, id), NamespaceHasher<TKey, TimeWindow>.Mix(Keyed.Current.Hash, _windowHash), window);
        _states.Select(in id);
    }

    private bool IsDead(TimeWindow window) => _isEventTime && EndOfLife(window) <= Watermark;

    private long EndOfLife(TimeWindow window) => _isEventTime ? WindowTime.SaturatingAdd(window.MaxTimestamp, _settings.LatenessMs) : window.MaxTimestamp;

    private void ScheduleEnd(TimeWindow window)
    {
        long end = EndOfLife(window);
        if (end == long.MaxValue)
        {
            return;
        }

        if (_isEventTime)
        {
            _timers.RegisterEventTime(end);
        }
        else
        {
            _timers.RegisterProcessingTime(end);
        }
    }

    private void UnscheduleEnd(TimeWindow window)
    {
        if (_isEventTime)
        {
            _timers.DeleteEventTime(EndOfLife(window));
        }
        else
        {
            _timers.DeleteProcessingTime(EndOfLife(window));
        }
    }
}
