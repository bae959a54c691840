using System.Runtime.CompilerServices;
using OrleansStream.Combining;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Windowing;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Combining;

/// <summary>
/// Combines the records of a key, and of a slice of time or a session, in the subtask that sends them. What it holds leaves before a watermark that a window of it waits for, before a barrier, before the input becomes idle or
/// ends, and when there is no room; without windows before every watermark and after a while. So the receiver has it whenever it would have needed the records, and the operator has no state. A record that is behind
/// the watermark here may be late there, or fire a window once more: it goes as it came. Closed over the concrete aggregate.
/// <para>
/// A receiver leaves a sender, of several, out of its watermark that is idle, or was and has not caught up; the sender does not learn when it has. So once it was idle it holds nothing for windows from one run of records to the
/// next, since waiting could make a record late; and where late records have an output of their own, all go as they came, since what was combined cannot go there.
/// </para>
/// </summary>
internal sealed class CombineOperator<TKey, TIn, TAcc, TOut, TAggregate> : OneInputOperator<TIn, Partial<TKey, TIn, TAcc>>
    where TAggregate : IAggregate<TIn, TAcc, TOut>
{
    // Keys are made for so many records at a time: what is made for records behind one that fills the table is made again.
    private const int LongestRun = 256;

    private readonly Func<TIn, TKey> _selector;
    private readonly KeyHasher<TKey> _hasher = KeyHasher.For<TKey>();
    private readonly WindowAssigner? _windows;
    private readonly WindowAssigner<TIn>? _windowsByRecord;
    private readonly SliceGrid? _grid;
    private readonly List<TimeWindow> _assigned = [];
    private readonly CombineTable<TKey, TAcc> _table;
    private readonly long _maxDelayMs;
    private readonly bool _mayFallBehind;
    private readonly bool _hasLateOutput;
    private readonly TKey[] _keys = new TKey[LongestRun];
    private readonly ulong[] _hashes = new ulong[LongestRun];
    private readonly HotKeySampler<TKey> _hotKeys;
    private TAggregate _aggregate;

    // The slice of the last record, which most likely is that of the next one, as long as records for it are on time.
    private long _sliceStart;
    private long _sliceEnd;
    private long _sliceDue;

    // What leaves: how far it has come, the first end of a window that waits for any of it, and when it must.
    private bool _leaving;
    private int _left;
    private long _firstDue = long.MaxValue;
    private long _clockDueMs;

    // Whether the input was idle, ever, so that other senders may have brought the watermark of a receiver ahead of the one here.
    private bool _wasIdle;

    public CombineOperator(OperatorSetup setup, Func<TIn, TKey> selector, WindowAssigner? windows, bool isOnly, bool hasLateOutput, TAggregate aggregate, CombineOptions options) : base(setup)
    {
        _hotKeys = new HotKeySampler<TKey>(Metrics, setup.Subtask);
        _selector = selector;
        _aggregate = aggregate;
        _windows = windows;
        _mayFallBehind = windows is not null && (setup.Parallelism > 1 || !isOnly);
        _hasLateOutput = hasLateOutput;
        _windowsByRecord = windows as WindowAssigner<TIn>;
        _grid = windows is AlignedWindows aligned ? new SliceGrid(aligned, shared: true) : null;
        _table = new CombineTable<TKey, TAcc>(options.Capacity);
        _maxDelayMs = options.MaxDelayMs;
        if (windows is null)
        {
            (_sliceStart, _sliceEnd, _sliceDue) = (long.MinValue, long.MaxValue, long.MinValue);
        }
    }

    public override long NextClockMs => _windows is null && _table.Count > 0 ? _clockDueMs : long.MaxValue;

    // After a restore there is no watermark yet to go by, after idleness it may be behind those of the receivers: nothing is known to be on time.
    private bool KnowsTime => (!Setup.IsRestored || Watermark != long.MinValue) && !(_wasIdle && _hasLateOutput);

    public override bool Advance() => base.Advance() && (!_leaving || Leave());

    public override bool OnClock(long nowMs) => nowMs < NextClockMs || (Leave() && Advance());

    public override bool Control(in Element element)
    {
        if (element.Kind == ElementKind.Status && element.IsIdle && _mayFallBehind)
        {
            _wasIdle = true;
            _sliceStart = _sliceEnd = 0;
        }

        return Advance() && (element.Kind is not (ElementKind.Status or ElementKind.EndOfInput) || Leave()) && base.Control(in element);
    }

    /// <summary>Everything leaves; whoever takes it takes all at a barrier.</summary>
    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot)
    {
        for (; _left < _table.Count; _left++)
        {
            Emit(ref _table[_left]);
        }

        Empty();
        if (!Main.TryFlush())
        {
            throw new InvariantViolatedException($"Operator '{Setup.Name}' could not send what it combined before the barrier of checkpoint {barrier.CheckpointId}.");
        }

        base.OnBarrier(barrier, snapshot);
    }

    protected override bool OnWatermark(long watermark)
    {
        if (_windows is not null)
        {
            _sliceStart = _sliceEnd = 0;
            if (!_leaving && !WindowTime.IsDue(_firstDue, watermark))
            {
                return true;
            }
        }

        return Leave();
    }

    protected override int Process(Batch<TIn> batch, int from)
    {
        int n = Math.Min(batch.Count - from, LongestRun);
        if (_table.Count == 0)
        {
            _clockDueMs = Setup.Host.NowMs + _maxDelayMs;
        }

        int at = 0;
        bool hasKeys = false;
        try
        {
            Select(_selector, batch.Values.AsSpan(from, n), _keys, ref at);
            _hasher.HashAll(_keys.AsSpan(0, n), _hashes);
            at = 0;
            hasKeys = true;
            if (_windows is { IsMerging: true })
            {
                AddToSessions(batch.Values.AsSpan(from, n), batch.Timestamps.AsSpan(from, n), ref at);
            }
            else
            {
                Add(batch.Values.AsSpan(from, n), batch.Timestamps.AsSpan(from, n), ref at);
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw RecordError(batch, from, n, at, hasKeys, e);
        }

        _hotKeys.Look(new KeyRun<TKey>(_keys.AsSpan(0, at), _hashes.AsSpan(0, at)));
        if (RuntimeHelpers.IsReferenceOrContainsReferences<TKey>())
        {
            Array.Clear(_keys, 0, n);
        }

        _leaving |= _table.IsFull || _wasIdle;
        return at;
    }

    // Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Select(Func<TIn, TKey> selector, ReadOnlySpan<TIn> values, Span<TKey> keys, ref int at)
    {
        for (int i = 0; i < values.Length && i < keys.Length; i++)
        {
            at = i;
            TKey key = selector(values[i]);
            StructCopy.Assign(ref keys[i], in key);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add(ReadOnlySpan<TIn> values, ReadOnlySpan<long> timestamps, ref int at)
    {
        CombineTable<TKey, TAcc> table = _table;
        TKey[] keys = _keys;
        ulong[] hashes = _hashes;
        for (int i = 0; i < values.Length; i++)
        {
            at = i;
            long timestamp = timestamps[i];
            if ((timestamp < _sliceStart || timestamp >= _sliceEnd) && !TrySwitch(timestamp))
            {
                EmitAsItCame(in keys[i], default, in values[i], timestamp);
                if (Main.IsFull)
                {
                    at = i + 1;
                    return;
                }

                continue;
            }

            ref CombineTable<TKey, TAcc>.Entry entry = ref table.GetOrAdd(in keys[i], hashes[i], _sliceStart, out bool added);
            if (added)
            {
                entry.Count = 0;
                entry.Accumulator = _aggregate.Create();
                _firstDue = Math.Min(_firstDue, _sliceDue);
            }

            _aggregate.Add(ref entry.Accumulator, in values[i]);
            entry.Count++;
            entry.Timestamp = timestamp;
            if (added && table.IsFull)
            {
                at = i + 1;
                return;
            }
        }

        at = values.Length;
    }

    /// <summary>Makes the slice of a timestamp the current one, if it is in a window and no window of it has fired.</summary>
    private bool TrySwitch(long timestamp)
    {
        if (_grid is null)
        {
            // Without windows there is one slice, of all time; only its last instant is outside.
            return true;
        }

        RequireTimestamp(timestamp);
        if (!_grid.TryGetSlice(timestamp, out long start, out long end))
        {
            return false;
        }

        long due = _grid.FirstEnd(start, end);
        if (!KnowsTime || WindowTime.IsDue(due, Watermark))
        {
            return false;
        }

        (_sliceStart, _sliceEnd, _sliceDue) = (start, end, due);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddToSessions(ReadOnlySpan<TIn> values, ReadOnlySpan<long> timestamps, ref int at)
    {
        for (int i = 0; i < values.Length; i++)
        {
            at = i;
            RequireTimestamp(timestamps[i]);
            TimeWindow window = WindowOf(in values[i], timestamps[i]);
            ref CombineTable<TKey, TAcc>.Entry entry = ref _table.GetOrAdd(in _keys[i], _hashes[i], 0, out bool added);
            if (added)
            {
                entry.Count = 0;
            }

            if (entry.Count > 0 && entry.Window.Touches(window))
            {
                entry.Window = entry.Window.Cover(window);
            }
            else
            {
                // A session of the key that is apart goes first: what comes later must find it there.
                Emit(ref entry);
                if (!KnowsTime || WindowTime.IsDue(window.End, Watermark))
                {
                    entry.Accumulator = default!;
                    EmitAsItCame(in _keys[i], window, in values[i], timestamps[i]);
                    if (Main.IsFull || _table.IsFull)
                    {
                        at = i + 1;
                        return;
                    }

                    continue;
                }

                entry.Window = window;
                entry.Accumulator = _aggregate.Create();
            }

            // A session that ends where this one begins is to grow by it.
            _firstDue = Math.Min(_firstDue, entry.Window.Start);

            _aggregate.Add(ref entry.Accumulator, in values[i]);
            entry.Count++;
            entry.Timestamp = timestamps[i];
            if (Main.IsFull || _table.IsFull)
            {
                at = i + 1;
                return;
            }
        }

        at = values.Length;
    }

    private TimeWindow WindowOf(in TIn value, long timestamp)
    {
        if (_windows is SessionWindows sessions)
        {
            return new TimeWindow(timestamp, timestamp + sessions.GapMs);
        }

        _assigned.Clear();
        if (_windowsByRecord is not null)
        {
            _windowsByRecord.Assign(in value, timestamp, _assigned);
        }
        else
        {
            _windows!.Assign(timestamp, _assigned);
        }

        return _assigned is [var window]
            ? window
            : throw new JobDefinitionException($"{_windows!.GetType().Name} assigned {_assigned.Count} windows to a record; windows that merge must be one for each.");
    }

    private void RequireTimestamp(long timestamp)
    {
        if (timestamp == Batch<TIn>.NoTimestamp)
        {
            throw WindowTime.NoTimestamp(Setup.Name);
        }
    }

    /// <summary>Sends what is held.</summary>
    /// <returns>False if the output became full: call again before anything else.</returns>
    private bool Leave()
    {
        _leaving = true;
        while (_left < _table.Count)
        {
            if (Main.IsFull && !base.Advance())
            {
                return false;
            }

            Emit(ref _table[_left++]);
        }

        Empty();
        return base.Advance();
    }

    private void Empty()
    {
        _table.Clear();
        _left = 0;
        _leaving = false;
        _firstDue = long.MaxValue;
    }

    private void Emit(ref CombineTable<TKey, TAcc>.Entry entry)
    {
        if (entry.Count > 0)
        {
            Main.Output.Emit(new Partial<TKey, TIn, TAcc>(entry.Key, entry.Window, entry.Count, entry.Accumulator, default!), entry.Timestamp);
            entry.Count = 0;
        }
    }

    private void EmitAsItCame(in TKey key, TimeWindow window, in TIn value, long timestamp) =>
        Main.Output.Emit(new Partial<TKey, TIn, TAcc>(key, window, 0, default!, value), timestamp);

    private UserCodeException RecordError(Batch<TIn> batch, int from, int n, int at, bool hasKeys, Exception e)
    {
        if (!hasKeys && e is KeyTypeException && Array.FindIndex(_keys, 0, n, key => key is null) is >= 0 and int none)
        {
            at = none;
        }

        string what = hasKeys ? $"combining the record {Describe.Value(batch.Values[from + at])} of key {Describe.Value(_keys[at])}" : $"taking the key of the record {Describe.Value(batch.Values[from + at])}";
        return UserError($"{what} (timestamp {Describe.Timestamp(batch.Timestamps[from + at])})", e);
    }
}
