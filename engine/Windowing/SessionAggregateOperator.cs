using System.Runtime.CompilerServices;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// Aggregates sessions in event time that fire once, at their end. The youngest session of a key lies in a table by key, so that a record costs one lookup; earlier ones, which
/// only wait for the watermark, lie in a second table. There are no timers: what a watermark ends is found by walking through the tables, so that nothing is to be done when a session grows. A key's next session begins in the slot of the one that has fired.
/// </summary>
internal sealed class SessionAggregateOperator<TKey, TIn, TAcc, TOut, TResult, TAggregate> : KeyedOperator<TKey, TIn, TResult>
    where TAggregate : IAggregate<TIn, TAcc, TOut>
{
    private readonly long _gapMs;
    private readonly OutputTag? _lateTag;
    private readonly Func<TimeWindow, TKey, TOut, TResult> _result;
    private readonly PlaceFinder _places = new();
    private readonly PlaceFinder _endedPlaces = new();
    private readonly EndedSessions<TKey> _ended = new();
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
            _sessions.FindEnded(WindowTime.SaturatingAdd(watermark, 1), _ended);
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
        KeyedTable<TKey, Session<TAcc>> youngest = _sessions.Youngest;
        PlaceFinder places = _places;
        long gap = _gapMs;
        long watermark = Watermark;
        places.Begin(youngest, hashes);
        for (int i = 0; i < values.Length;)
        {
            int end = places.Enter(youngest, hashes, i);
            for (; i < end; i++)
            {
                at = from + i;
                long timestamp = timestamps[i];
                ref Session<TAcc> session = ref youngest.GetOrAdd(in places.PlaceOf(i), keys, i, out bool added);
                if (!added && timestamp >= session.Start && timestamp <= session.End)
                {
                    session.End = Math.Max(session.End, timestamp + gap);
                    _aggregate.Add(ref session.Accumulator, in values[i]);
                    continue;
                }

                if (!added && timestamp > session.End && (!session.HasFired || !WindowTime.IsDue(timestamp + gap, watermark)))
                {
                    if (session.HasFired)
                    {
                        _sessions.SlotTaken();
                    }
                    else
                    {
                        _sessions.PushAside(keys[i], hashes[i], ref session);
                    }

                    Begin(ref session, timestamp, in values[i]);
                    youngest.AddDue(hashes[i], ref session, session.End);
                    continue;
                }

                AddSlowly(keys[i], hashes[i], in values[i], timestamp, ref session, added);
                places.Repair(youngest, hashes, i);
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
    private void AddSlowly(in TKey key, ulong hash, in TIn value, long timestamp, ref Session<TAcc> youngest, bool added)
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
                _sessions.Youngest.Remove(in key, hash);
                _late.Add(in value, timestamp);
                return;
            }

            Begin(ref youngest, timestamp, in value);
            _sessions.Youngest.AddDue(hash, ref youngest, youngest.End);
            return;
        }

        if (youngest.HasFired)
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
            throw UserError(
                $"making the result of the session that ends at {Describe.Timestamp(_ended.Ends[_ended.At])} for key {Describe.Value(_ended.Keys[_ended.At])}", e);
        }
    }

    // Apart from the try block, as above. Goes on until the output is full.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fire(EndedSessions<TKey> ended)
    {
        int from = ended.At;
        ReadOnlySpan<TKey> keys = ended.Keys[from..];
        ReadOnlySpan<ulong> hashes = ended.Hashes[from..];
        ReadOnlySpan<long> ends = ended.Ends[from..];
        OpenSessions<TKey, TAcc> sessions = _sessions;
        PlaceFinder places = _endedPlaces;
        Func<TimeWindow, TKey, TOut, TResult> function = _result;
        places.Begin(sessions.Youngest, hashes);
        for (int i = 0; i < keys.Length;)
        {
            int end = places.Enter(sessions.Youngest, hashes, i);
            for (; i < end; i++)
            {
                Session<TAcc> session = sessions.Fire(in places.PlaceOf(i), in keys[i], hashes[i], ends[i]);
                TResult result = function(new TimeWindow(session.Start, session.End), keys[i], _aggregate.Result(in session.Accumulator));
                Main.Output.Emit(in result, session.End - 1);
                ended.At = from + i + 1;
                if (Main.IsFull)
                {
                    return;
                }
            }
        }
    }
}
