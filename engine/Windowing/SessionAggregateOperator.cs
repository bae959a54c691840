using System.Runtime.CompilerServices;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// Aggregates sessions in event time that fire once, at their end. The two youngest sessions of a key lie in one slot of a table, so that a record costs one lookup, also when the session before only waits for the
/// watermark; earlier ones lie in a second table. There are no timers: what a watermark ends is found, and taken out, by walking through the tables, so that nothing is to be done when a session grows. A key's next
/// session begins in the slot of the one that has fired.
/// </summary>
internal sealed class SessionAggregateOperator<TKey, TIn, TAcc, TOut, TResult, TAggregate> : KeyedOperator<TKey, TIn, TResult>
    where TAggregate : IAggregate<TIn, TAcc, TOut>
{
    private readonly long _gapMs;
    private readonly OutputTag? _lateTag;
    private readonly Func<TimeWindow, TKey, TOut, TResult> _result;
    private readonly PlaceFinder _places = new();
    private readonly EndedSessions<TKey, TAcc> _ended = new();
    private TAggregate _aggregate;
    private OpenSessions<TKey, TAcc> _sessions = null!;
    private LateRecords<TIn> _late = null!;

    public SessionAggregateOperator(
        OperatorSetup setup, long gapMs, OutputTag? late, TAggregate aggregate, Func<TimeWindow, TKey, TOut, TResult> result) : base(setup)
    {
        _gapMs = gapMs;
        _lateTag = late;
        _aggregate = aggregate;
        _result = result;
    }

    protected override string? Shape => $"session gap={_gapMs}";

    public override void Open()
    {
        _sessions = new OpenSessions<TKey, TAcc>(Keyed);
        _late = LateRecords<TIn>.Of(this, _lateTag);
        base.Open();
    }

    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot)
    {
        _sessions.PutBack(_ended);
        base.OnBarrier(barrier, snapshot);
    }

    protected override int Process(KeyedBatch<TKey, TIn> batch, int from)
    {
        int i = from;
        try
        {
            Add(batch, ref i);
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw KeyError("adding to a session", batch, i, e);
        }

        return i - from;
    }

    protected override bool OnWatermark(long watermark)
    {
        if (_ended.AllFired)
        {
            _ended.Clear();
            _sessions.TakeEnded(watermark, _ended);
            _ended.Sort();
        }

        while (!_ended.AllFired)
        {
            FireSome();
            if (Main.IsFull && !Advance())
            {
                return false;
            }
        }

        _ended.Clear();
        _sessions.CleanUp();
        return true;
    }

    // Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add(KeyedBatch<TKey, TIn> batch, ref int at)
    {
        int from = at;
        KeyRun<TKey> keys = batch.KeysOf(from, batch.Count - from);
        ReadOnlySpan<ulong> hashes = keys.Hashes;
        ReadOnlySpan<TIn> values = batch.Values.AsSpan(from, batch.Count - from);
        ReadOnlySpan<long> timestamps = batch.Timestamps.AsSpan(from, batch.Count - from);
        KeyedTable<TKey, KeySessions<TAcc>> table = _sessions.Keys;
        PlaceFinder places = _places;
        long gap = _gapMs;
        long watermark = Watermark;
        places.Begin(table, hashes);
        for (int i = 0; i < values.Length;)
        {
            int end = places.Enter(table, hashes, i);
            for (; i < end; i++)
            {
                at = from + i;
                long timestamp = timestamps[i];
                ref KeySessions<TAcc> sessions = ref table.GetOrAdd(in places.PlaceOf(i), keys, i, out bool added);
                ref Session<TAcc> session = ref sessions.Youngest;
                if (!added && timestamp >= session.Start && timestamp <= session.End)
                {
                    session.End = Math.Max(session.End, timestamp + gap);
                    _aggregate.Add(ref session.Accumulator, in values[i]);
                    continue;
                }

                if (!added && timestamp > session.End)
                {
                    if (!session.IsNone)
                    {
                        // The slot is due earlier.
                        _sessions.PushAside(keys[i], hashes[i], ref sessions);
                        Begin(ref session, timestamp, in values[i]);
                        continue;
                    }

                    if (!WindowTime.IsDue(timestamp + gap, watermark))
                    {
                        _sessions.SlotTaken();
                        Begin(ref session, timestamp, in values[i]);
                        table.AddDue(hashes[i], ref sessions, session.Last);
                        continue;
                    }
                }

                AddSlowly(keys[i], hashes[i], in values[i], timestamp, ref sessions, added);
                places.Repair(table, hashes, i);
                if (_late.IsFull)
                {
                    at = from + i + 1;
                    return;
                }
            }
        }

        at = batch.Count;
    }

    private void Begin(ref Session<TAcc> session, long timestamp, in TIn value)
    {
        session.Start = timestamp;
        session.End = timestamp + _gapMs;
        session.Accumulator = _aggregate.Create();
        _aggregate.Add(ref session.Accumulator, in value);
    }

    // The first session of a key, late records, and records before its youngest.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddSlowly(in TKey key, ulong hash, in TIn value, long timestamp, ref KeySessions<TAcc> slot, bool added)
    {
        if (timestamp == Batch<TIn>.NoTimestamp)
        {
            throw WindowTime.NoTimestamp(Setup.Name);
        }

        bool isDead = WindowTime.IsDue(timestamp + _gapMs, Watermark);
        if (added)
        {
            if (isDead)
            {
                _sessions.Keys.Remove(in key, hash);
                _late.Add(in value, timestamp);
                return;
            }

            Begin(ref slot.Youngest, timestamp, in value);
            slot.Before.SetNone();
            _sessions.Keys.AddDue(hash, ref slot, slot.Due);
            return;
        }

        if (slot.HasFired)
        {
            _late.Add(in value, timestamp);
            return;
        }

        List<Session<TAcc>> sessions = _sessions.Take(in key, hash);
        int first = sessions.FindIndex(session => session.Touches(timestamp, timestamp + _gapMs));
        if (first < 0)
        {
            if (isDead)
            {
                _late.Add(in value, timestamp);
            }
            else
            {
                Session<TAcc> session = default;
                Begin(ref session, timestamp, in value);
                sessions.Insert(sessions.FindIndex(other => other.Start > timestamp), session);
            }

            _sessions.Put(in key, hash, sessions);
            return;
        }

        Session<TAcc> merged = sessions[first];
        while (first + 1 < sessions.Count && sessions[first + 1].Touches(timestamp, timestamp + _gapMs))
        {
            Session<TAcc> next = sessions[first + 1];
            _aggregate.Merge(ref merged.Accumulator, in next.Accumulator);
            merged.End = next.End;
            sessions.RemoveAt(first + 1);
        }

        merged.Start = Math.Min(merged.Start, timestamp);
        merged.End = Math.Max(merged.End, timestamp + _gapMs);
        _aggregate.Add(ref merged.Accumulator, in value);
        sessions[first] = merged;
        _sessions.Put(in key, hash, sessions);
    }

    private void FireSome()
    {
        try
        {
            Fire(_ended);
        }
        catch (Exception e) when (e is not InvariantViolatedException)
        {
            ref readonly EndedSessions<TKey, TAcc>.Entry ended = ref _ended[_ended.At];
            throw UserError($"making the result of the session that ends at {Describe.Timestamp(ended.Session.End)} for key {Describe.Value(ended.Key)}", e);
        }
    }

    // Apart from the try block, as above. Goes on until the output is full.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fire(EndedSessions<TKey, TAcc> ended)
    {
        Func<TimeWindow, TKey, TOut, TResult> function = _result;
        for (int i = ended.At; i < ended.Count; i++)
        {
            ref readonly EndedSessions<TKey, TAcc>.Entry entry = ref ended[i];
            TResult result = function(new TimeWindow(entry.Session.Start, entry.Session.End), entry.Key, _aggregate.Result(in entry.Session.Accumulator));
            Main.Output.Emit(in result, entry.Session.Last);
            ended.At = i + 1;
            if (Main.IsFull)
            {
                return;
            }
        }
    }
}
