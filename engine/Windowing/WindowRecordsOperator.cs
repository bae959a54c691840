using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// Keeps the records of aligned event-time windows that do not overlap for a function, which is called once for each key when the watermark passes the window: the windows of joins. A record costs a lookup in
/// the table of its window and goes to the end of the window's log; there are no timers.
/// </summary>
internal sealed class WindowRecordsOperator<TKey, TIn, TResult> : KeyedOperator<TKey, TIn, TResult>
{
    // As many keys are fired together as let their records come into the cache at once.
    private const int KeysPerRun = 32;
    private const int RecordsPerRun = 256;

    // A list that held the records of a hot key is not kept beyond its window.
    private const int MostKept = 64 * 1024;

    private readonly WindowSettings<TIn> _settings;
    private readonly AlignedWindows _grid;
    private readonly WindowFunction<TKey, TIn, TResult> _function;
    private readonly PlaceFinder _finder = new();
    private readonly TKey[] _runKeys = new TKey[KeysPerRun];
    private readonly ulong[] _runHashes = new ulong[KeysPerRun];
    private readonly int[] _runCounts = new int[KeysPerRun];
    private readonly RecordWalk[] _walks = new RecordWalk[KeysPerRun];
    private readonly List<TIn> _list = [];
    private WindowRecords<TKey, TIn> _windows = null!;
    private WindowStates<TKey> _states = null!;
    private WindowFunctionContext<TKey> _context = null!;
    private LateRecords<TIn> _late = null!;

    // The window of the last record, which most likely is that of the next one. Null when it is to be looked for.
    private WindowOfRecords<TKey, TIn>? _current;

    // The keys that are firing, and how far they have come.
    private bool _isFiring;
    private TableCursor<TKey, RecordRun> _cursor;
    private int[] _places = new int[RecordsPerRun];
    private int _runLength;
    private int _runAt;
    private int _placeAt;

    public WindowRecordsOperator(OperatorSetup setup, WindowSettings<TIn> settings, AlignedWindows windows, WindowFunction<TKey, TIn, TResult> function) : base(setup)
    {
        _settings = settings;
        _grid = windows;
        _function = function;
    }

    protected override string? Shape => _grid.ToString();

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(_function, Setup);

    public override void Open()
    {
        _windows = new WindowRecords<TKey, TIn>(Keyed);
        _states = new WindowStates<TKey>(Keyed, Setup.Name, isMerging: false);
        _context = new WindowFunctionContext<TKey>(this, Keyed);
        _late = LateRecords<TIn>.Of(this, _settings.Late);
        FunctionLifecycle.Open(_function, Setup, Keyed, _states);
        base.Open();
    }

    public override void Close()
    {
        FunctionLifecycle.Close(_function, Setup);
        base.Close();
    }

    protected override int Process(KeyedBatch<TKey, TIn> batch, int from)
    {
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                long timestamp = batch.Timestamps[i];
                if (_current is { } current && timestamp >= current.Window.Start && timestamp < current.Window.End)
                {
                    int n = Longs.LeadingWithin(batch.Timestamps.AsSpan(i, batch.Count - i), current.Window.Start, current.Window.End);
                    AddRun(batch.KeysOf(i, n), batch.Values.AsSpan(i, n), ref i);
                }
                else if (!TrySwitch(timestamp))
                {
                    Refuse(in batch.Values[i], timestamp);
                    i++;
                    if (_late.IsFull)
                    {
                        break;
                    }
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
    }

    protected override bool OnWatermark(long watermark)
    {
        _context.Watermark = watermark;
        while (_windows.First is { } first && WindowTime.IsDue(first.Window.End, watermark))
        {
            if (!Fire(first))
            {
                return false;
            }

            _windows.RemoveFirst();
            _current = null;
        }

        return true;
    }

    // Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddRun(KeyRun<TKey> keys, ReadOnlySpan<TIn> values, ref int at)
    {
        KeyedTable<TKey, RecordRun> runs = _current!.Runs;
        RecordLog<TIn> log = _current.Log;
        PlaceFinder finder = _finder;
        int origin = at;
        ReadOnlySpan<ulong> hashes = keys.Hashes;
        finder.Begin(runs, hashes);
        for (int i = 0; i < values.Length;)
        {
            int end = finder.Enter(runs, hashes, i);
            for (; i < end; i++)
            {
                at = origin + i;
                ref RecordRun run = ref runs.GetOrAdd(in finder.PlaceOf(i), keys, i, out bool added);
                run.Last = log.Append(in values[i], run.Last);
                run.Count++;
                if (added)
                {
                    finder.Repair(runs, hashes, i);
                }
            }
        }

        at = origin + values.Length;
    }

    /// <summary>Makes the window of a timestamp the current one, if there is one that has not fired.</summary>
    private bool TrySwitch(long timestamp)
    {
        if (timestamp == Batch<TIn>.NoTimestamp)
        {
            throw WindowTime.NoTimestamp(Setup.Name);
        }

        long start = _grid.LastStart(timestamp);
        long end = start + _grid.Size;
        if (timestamp >= end || WindowTime.IsDue(end, Watermark))
        {
            return false;
        }

        _current = _windows.GetOrAdd(new TimeWindow(start, end));
        return true;
    }

    // A record that falls between two windows is in none; it is late only if it would have been in one that ended with it.
    private void Refuse(in TIn value, long timestamp)
    {
        if (timestamp <= Watermark)
        {
            _late.Add(in value, timestamp);
        }
    }

    /// <summary>Calls the function for each key of a window that is due.</summary>
    /// <returns>False if an output became full.</returns>
    private bool Fire(WindowOfRecords<TKey, TIn> window)
    {
        if (!_isFiring)
        {
            _isFiring = true;
            _cursor = window.Runs.OpenCursor();
        }

        while (_runAt < _runLength || Collect(window))
        {
            Call(window, _runAt++);
            if ((Main.IsFull || _context.SideIsFull) && !Advance())
            {
                return false;
            }
        }

        _isFiring = false;
        if (_places.Length > MostKept)
        {
            _places = new int[RecordsPerRun];
            _list.Clear();
            _list.TrimExcess();
        }

        return true;
    }

    /// <summary>Finds the records of the next keys.</summary>
    /// <returns>Whether there are any.</returns>
    private bool Collect(WindowOfRecords<TKey, TIn> window)
    {
        int total = 0;
        _runAt = _runLength = _placeAt = 0;
        while (_runLength < KeysPerRun && total < RecordsPerRun && _cursor.MoveNext())
        {
            RecordRun run = _cursor.Value;
            _runKeys[_runLength] = _cursor.Key;
            _runHashes[_runLength] = _cursor.Hash;
            _runCounts[_runLength] = run.Count;
            _walks[_runLength++] = new RecordWalk(run, total);
            total += run.Count;
        }

        if (_places.Length < total)
        {
            _places = new int[Math.Max(total, 2 * _places.Length)];
        }

        window.Log.View.Follow(_walks.AsSpan(0, _runLength), _places);
        return _runLength > 0;
    }

    private void Call(WindowOfRecords<TKey, TIn> window, int at)
    {
        ref readonly TKey key = ref _runKeys[at];
        ulong hash = _runHashes[at];
        Fill(window.Log.View, _places.AsSpan(_placeAt, _runCounts[at]));
        _placeAt += _runCounts[at];
        Keyed.SetKey(in key, hash);
        _states.Select(window.Window);
        _context.Window = window.Window;
        _context.Timestamp = Main.Output.Timestamp = window.Window.MaxTimestamp;
        try
        {
            _function.Process(_context, _list, Main.Output);
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw UserError($"making the result of the window that ends at {Describe.Timestamp(window.Window.End)} for key {Describe.Value(key)}", e);
        }

        if (RuntimeHelpers.IsReferenceOrContainsReferences<TIn>())
        {
            _list.Clear();
        }

        _states.Clear();

        // A snapshot in mid-firing leaves the key out.
        window.Runs.FindForWrite(in key, hash).Count = 0;
    }

    private void Fill(RecordView<TIn> view, ReadOnlySpan<int> places)
    {
        CollectionsMarshal.SetCount(_list, places.Length);
        Span<TIn> records = CollectionsMarshal.AsSpan(_list);
        for (int i = 0; i < places.Length && i < records.Length; i++)
        {
            records[i] = view[places[i]];
        }
    }
}
