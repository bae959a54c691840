using System.Runtime.CompilerServices;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// Aggregates aligned event-time windows per key. A record goes into the table of its slice; a window that the watermark passes reads the tables of its slices from end to end. Closed over the
/// concrete aggregate, so that a struct is called without a delegate.
/// </summary>
internal sealed partial class WindowAggregateOperator<TKey, TIn, TAcc, TOut, TResult, TAggregate> : KeyedOperator<TKey, TIn, TResult>
    where TAggregate : IAggregate<TIn, TAcc, TOut>
{
    // The most results of a window that are made in one go.
    private const int EmitRun = 256;

    private readonly SliceGrid _grid;
    private readonly long _latenessMs;
    private readonly OutputTag? _lateTag;
    private readonly Func<TimeWindow, TKey, TOut, TResult> _result;
    private readonly PlaceFinder _places = new();
    private readonly TKey[] _keys = new TKey[EmitRun];
    private readonly TAcc[] _values = new TAcc[EmitRun];
    private TAggregate _aggregate;
    private SliceStore<TKey, TAcc> _store = null!;
    private WindowCombiner<TKey, TIn, TAcc, TOut, TAggregate>? _combiner;
    private LateRecords<TIn> _late = null!;

    // The slice of the last record, which most likely is that of the next one, as long as records for it are on time.
    private KeyedTable<TKey, TAcc>? _onTimeTable;
    private long _onTimeStart;
    private long _onTimeEnd;

    // The window that is firing, and how far it has come.
    private bool _isFiring;
    private long _firingEnd;
    private bool _inHead;
    private TableCursor<TKey, TAcc> _cursor;

    public WindowAggregateOperator(
        OperatorSetup setup, AlignedWindows windows, long latenessMs, OutputTag? late, TAggregate aggregate, bool canMerge,
        Func<TimeWindow, TKey, TOut, TResult> result) : base(setup)
    {
        _grid = new SliceGrid(windows, canMerge);
        Shape = windows.ToString();
        _latenessMs = latenessMs;
        _lateTag = late;
        _aggregate = aggregate;
        _result = result;
    }

    protected override string? Shape { get; }

    public override void Open()
    {
        _store = new SliceStore<TKey, TAcc>(Keyed, _grid);
        if (_grid.SlicesPerWindow > 1)
        {
            _combiner = new WindowCombiner<TKey, TIn, TAcc, TOut, TAggregate>(_store, _grid, _aggregate);
        }

        _late = LateRecords<TIn>.Of(this, _lateTag);
        base.Open();
    }

    protected override int Process(KeyedBatch<TKey, TIn> batch, int from)
    {
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                long timestamp = batch.Timestamps[i];
                if (_onTimeTable is not null && timestamp >= _onTimeStart && timestamp < _onTimeEnd)
                {
                    int n = Longs.LeadingWithin(batch.Timestamps.AsSpan(i, batch.Count - i), _onTimeStart, _onTimeEnd);
                    AddRun(batch.KeysOf(i, n), batch.Values.AsSpan(i, n), ref i);
                    continue;
                }

                if (!TrySwitch(timestamp))
                {
                    AddSlowly(batch, i);
                    i++;
                    if (Main.IsFull || _late.IsFull)
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
        _store.Settle(stored.Value, stored.IsFiring);
    }

    protected override bool OnWatermark(long watermark)
    {
        _onTimeTable = null;
        while (true)
        {
            if (!_isFiring)
            {
                if (!_store.TryGetNextEnd(out long end) || !WindowTime.IsDue(end, watermark))
                {
                    break;
                }

                BeginFiring(end);
            }

            if (!Emit())
            {
                return false;
            }

            EndFiring();
        }

        RaiseFired(watermark);
        if (_store.DropDead(watermark, _latenessMs) && _latenessMs > 0)
        {
            _combiner?.Invalidate();
        }

        return true;
    }

    // All windows up to the watermark have fired, those without records too.
    private void RaiseFired(long watermark)
    {
        long through = watermark == long.MaxValue ? long.MaxValue : watermark + 1;
        if (through > _store.FiredEnd)
        {
            _store.FiredEnd = through;
        }
    }

    // Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddRun(KeyRun<TKey> keys, ReadOnlySpan<TIn> values, ref int at)
    {
        KeyedTable<TKey, TAcc> table = _onTimeTable!;
        PlaceFinder places = _places;
        int origin = at;
        ReadOnlySpan<ulong> hashes = keys.Hashes;
        places.Begin(table, hashes);
        for (int i = 0; i < values.Length;)
        {
            int end = places.Enter(table, hashes, i);
            for (; i < end; i++)
            {
                at = origin + i;
                ref TAcc accumulator = ref table.GetOrAdd(in places.PlaceOf(i), keys, i, out bool added);
                if (added)
                {
                    accumulator = _aggregate.Create();
                    _aggregate.Add(ref accumulator, in values[i]);
                    places.Repair(table, hashes, i);
                    continue;
                }

                _aggregate.Add(ref accumulator, in values[i]);
            }
        }

        at = origin + values.Length;
    }

    /// <summary>Makes the slice of a timestamp the current one, if it is one slice and no window of it has fired.</summary>
    private bool TrySwitch(long timestamp)
    {
        if (timestamp == Batch<TIn>.NoTimestamp || (!_grid.IsShared && _grid.Size > _grid.Slide) || !_grid.TryGetSlice(timestamp, out long start, out long end))
        {
            return false;
        }

        long firstEnd = _grid.FirstEnd(start, end);
        if (firstEnd <= _store.FiredEnd || firstEnd <= _store.MixedUntil || WindowTime.IsDue(firstEnd, Watermark))
        {
            return false;
        }

        Slice<TKey, TAcc> slice = _store.GetOrAdd(start, end);
        _onTimeTable = slice.Table;
        _onTimeStart = start;
        _onTimeEnd = end;
        return true;
    }

    // Late records, records in a gap, and aggregates that cannot be merged.
    private void AddSlowly(KeyedBatch<TKey, TIn> batch, int i)
    {
        long timestamp = batch.Timestamps[i];
        if (timestamp == Batch<TIn>.NoTimestamp)
        {
            throw WindowTime.NoTimestamp(Setup.Name);
        }

        long watermark = _store.LateBy(batch.KeyAt(i), batch.Hashes[i], Watermark);
        if (_grid.IsShared || _grid.Size <= _grid.Slide)
        {
            if (!_grid.TryGetSlice(timestamp, out long start, out long end))
            {
                // In no window at all: late only if it would have been in a window that ended with it.
                if (WindowTime.SaturatingAdd(timestamp, _latenessMs) <= watermark)
                {
                    _late.Add(in batch.Values[i], timestamp);
                }

                return;
            }

            if (WindowTime.IsDead(_grid.LastEnd(start, end), _latenessMs, watermark))
            {
                _late.Add(in batch.Values[i], timestamp);
                return;
            }

            _combiner?.Invalidate();
            AddTo(_store.GetOrAdd(start, end), batch, i);
            for (long windowEnd = _grid.FirstEnd(start, end); windowEnd <= _grid.LastEnd(start, end); windowEnd += _grid.Slide)
            {
                RefireIfFired(windowEnd, batch, i, watermark);
            }

            return;
        }

        bool taken = false;
        for (long start = _grid.LastStart(timestamp); start > timestamp - _grid.Size; start -= _grid.Slide)
        {
            long end = start + _grid.Size;
            if (!WindowTime.IsDead(end, _latenessMs, watermark))
            {
                taken = true;
                AddTo(_store.GetOrAdd(start, end), batch, i);
                RefireIfFired(end, batch, i, watermark);
            }
        }

        if (!taken)
        {
            _late.Add(in batch.Values[i], timestamp);
        }
    }

    private void AddTo(Slice<TKey, TAcc> slice, KeyedBatch<TKey, TIn> batch, int i)
    {
        ref TAcc accumulator = ref slice.Table.GetOrAdd(batch.KeyAt(i), batch.Hashes[i], out bool added);
        if (added)
        {
            accumulator = _aggregate.Create();
        }

        _aggregate.Add(ref accumulator, in batch.Values[i]);
    }

    private void RefireIfFired(long end, KeyedBatch<TKey, TIn> batch, int i, long watermark)
    {
        TKey key = batch.KeyAt(i);
        ulong hash = batch.Hashes[i];
        if (WindowTime.IsDead(end, _latenessMs, watermark) || !WindowTime.IsDue(end, watermark))
        {
            return;
        }

        bool any = false;
        TAcc sum = default!;
        for (int at = _store.LowerBound(end - _grid.Size); at < _store.Slices.Count; at++)
        {
            Slice<TKey, TAcc> slice = _store.Slices[at];
            if (slice.Start >= end || (!_grid.IsShared && slice.End != end))
            {
                break;
            }

            if (slice.Table.TryGet(in key, hash, out TAcc? part))
            {
                if (any)
                {
                    _aggregate.Merge(ref sum, in part);
                }
                else
                {
                    sum = _grid.SlicesPerWindow > 1 ? _store.Copy(in part) : part;
                    any = true;
                }
            }
        }

        if (any)
        {
            EmitResult(end, in key, in sum);
        }
    }
}
