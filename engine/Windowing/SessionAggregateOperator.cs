using System.Runtime.CompilerServices;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// Aggregates sessions in event time that fire once, at their end. The youngest session of a key lies in a table by key, so that a record costs one lookup; earlier ones, which
/// only wait for the watermark, lie in a second table. No timer is touched when a session grows, and a key's next session begins in the slot of the one that has fired.
/// </summary>
internal sealed class SessionAggregateOperator<TKey, TIn, TAcc, TOut, TResult, TAggregate> : KeyedOperator<TKey, TIn, TResult>
    where TAggregate : IAggregate<TIn, TAcc, TOut>
{
    private const int BucketsPerGap = 1024;
    private readonly long _gapMs;
    private readonly OutputTag? _lateTag;
    private readonly Func<TimeWindow, TKey, TOut, TResult> _result;
    private readonly PlaceFinder _places = new();
    private readonly PlaceFinder _duePlaces = new();
    private readonly SessionSchedule<TKey> _schedule;
    private TAggregate _aggregate;
    private OpenSessions<TKey, TAcc> _sessions = null!;
    private LateRecords<TIn> _late = null!;

    // The entries of the bucket that is firing, in order of their ends, and how far it has come.
    private int[] _order = new int[16];
    private long[] _ends = new long[16];
    private int _count;
    private int _at;

    public SessionAggregateOperator(
        OperatorSetup setup, long gapMs, OutputTag? late, TAggregate aggregate, Func<TimeWindow, TKey, TOut, TResult> result) : base(setup)
    {
        _gapMs = gapMs;
        _lateTag = late;
        _aggregate = aggregate;
        _result = result;
        _schedule = new SessionSchedule<TKey>(Math.Max(1, gapMs / BucketsPerGap));
    }

    protected override string? Shape => $"session gap={_gapMs}";

    public override void Open()
    {
        _sessions = new OpenSessions<TKey, TAcc>(Keyed, _schedule);
        _sessions.ScheduleAll();
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
        while (_at < _count || Collect(watermark))
        {
            while (_at < _count)
            {
                FireSome();
                if (Main.IsFull && !Advance())
                {
                    return false;
                }
            }

            EndBucket(watermark);
        }

        _sessions.CleanUp();
        return true;
    }

    // Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add(KeyedBatch<TKey, TIn> batch, ref int at)
    {
        int from = at;
        ReadOnlySpan<TKey> keys = batch.Keys.AsSpan(from, batch.Count - from);
        ReadOnlySpan<ulong> hashes = batch.Hashes.AsSpan(from, batch.Count - from);
        ReadOnlySpan<TIn> values = batch.Values.AsSpan(from, batch.Count - from);
        ReadOnlySpan<long> timestamps = batch.Timestamps.AsSpan(from, batch.Count - from);
        KeyedTable<TKey, Session<TAcc>> youngest = _sessions.Youngest;
        PlaceFinder places = _places;
        long gap = _gapMs;
        long watermark = Watermark;
        places.Begin(youngest, hashes);
        for (int i = 0; i < keys.Length;)
        {
            int end = places.Enter(youngest, hashes, i);
            for (; i < end; i++)
            {
                at = from + i;
                long timestamp = timestamps[i];
                ref Session<TAcc> session = ref youngest.GetOrAdd(in places.PlaceOf(i), in keys[i], hashes[i], out bool added);
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
                        _sessions.PushAside(in keys[i], hashes[i], ref session);
                    }

                    Begin(ref session, timestamp, in values[i]);
                    _schedule.Add(in keys[i], hashes[i], session.Due);
                    continue;
                }

                AddSlowly(in keys[i], hashes[i], in values[i], timestamp, ref session, added);
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
        session.End = session.Due = timestamp + _gapMs;
        session.Accumulator = _aggregate.Create();
        _aggregate.Add(ref session.Accumulator, in value);
    }

    // The first session of a key, late records, and records before its youngest.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddSlowly(in TKey key, ulong hash, in TIn value, long timestamp, ref Session<TAcc> youngest, bool added)
    {
        if (timestamp == Batch<TIn>.NoTimestamp)
        {
            throw new JobDefinitionException(
                $"the record has no timestamp, which an event-time window needs. Give the source a WatermarkStrategy with WithTimestamps, or call AssignTimestamps before '{Setup.Name}'.");
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
            _schedule.Add(in key, hash, youngest.Due);
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
                _schedule.Add(in key, hash, session.Due);
            }

            _sessions.Put(in key, hash, sessions);
            return;
        }

        Session<TAcc> merged = sessions[first];
        while (first + 1 < sessions.Count && sessions[first + 1].Touches(timestamp, timestamp + _gapMs))
        {
            // Its entry in the schedule leads to nothing any more.
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

    /// <summary>Finds what ends in the first bucket that is due, and enters anew what has grown.</summary>
    /// <returns>Whether a bucket is due.</returns>
    private bool Collect(long watermark)
    {
        if (!_schedule.TryPeek(watermark, out SessionSchedule<TKey>.Bucket bucket))
        {
            return false;
        }

        if (_order.Length < bucket.Count)
        {
            _order = new int[bucket.Count * 2];
            _ends = new long[bucket.Count * 2];
        }

        _at = _count = 0;
        bucket.Truncate(Renew(bucket, watermark));
        Span<long> ends = _ends.AsSpan(0, _count);
        if (ends.ContainsAnyExcept(_count == 0 ? 0 : ends[0]))
        {
            ends.Sort(_order.AsSpan(0, _count));
        }

        return true;
    }

    /// <summary>Notes which sessions of a bucket fire; those that have grown beyond it go to others.</summary>
    /// <returns>How many entries stay.</returns>
    private int Renew(SessionSchedule<TKey>.Bucket bucket, long watermark)
    {
        OpenSessions<TKey, TAcc> sessions = _sessions;
        SessionSchedule<TKey> schedule = _schedule;
        PlaceFinder places = _duePlaces;
        ReadOnlySpan<ulong> hashes = bucket.Hashes;
        Span<SessionSchedule<TKey>.Entry> entries = bucket.Entries;
        long number = bucket.Number;
        int kept = 0;
        int count = 0;
        places.Begin(sessions.Youngest, hashes);
        for (int i = 0; i < entries.Length;)
        {
            int end = places.Enter(sessions.Youngest, hashes, i);
            for (; i < end; i++)
            {
                ref SessionSchedule<TKey>.Entry entry = ref entries[i];
                long now = sessions.Renew(in places.PlaceOf(i), in entry.Key, hashes[i], entry.Due);
                if (now == OpenSessions.None)
                {
                    continue;
                }

                if (now != entry.Due && schedule.NumberOf(now) != number)
                {
                    schedule.Add(in entry.Key, hashes[i], now);
                    continue;
                }

                entry.Due = now;
                if (kept != i)
                {
                    bucket.Move(i, kept);
                }

                if (WindowTime.IsDue(now, watermark))
                {
                    _order[count] = kept;
                    _ends[count++] = now;
                }

                kept++;
            }
        }

        _count = count;
        return kept;
    }

    private void EndBucket(long watermark)
    {
        SessionSchedule<TKey>.Bucket bucket = _schedule.First;
        int kept = 0;
        if (_count < bucket.Count)
        {
            for (int i = 0; i < bucket.Count; i++)
            {
                if (!WindowTime.IsDue(bucket.Entries[i].Due, watermark))
                {
                    bucket.Move(i, kept++);
                }
            }

            bucket.Truncate(kept);
        }

        if (kept == 0)
        {
            _schedule.RemoveFirst();
        }
    }

    private void FireSome()
    {
        try
        {
            Fire(ref _at);
        }
        catch (Exception e) when (e is not InvariantViolatedException)
        {
            SessionSchedule<TKey>.Entry entry = _schedule.First.Entries[_order[_at]];
            throw UserError($"making the result of the session that ends at {Describe.Timestamp(entry.Due)} for key {Describe.Value(entry.Key)}", e);
        }
    }

    // Apart from the try block, as above. Goes on until the output is full.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fire(ref int at)
    {
        SessionSchedule<TKey>.Bucket bucket = _schedule.First;
        ReadOnlySpan<SessionSchedule<TKey>.Entry> entries = bucket.Entries;
        ReadOnlySpan<int> order = _order.AsSpan(0, _count);
        Func<TimeWindow, TKey, TOut, TResult> function = _result;
        for (; at < order.Length && !Main.IsFull; at++)
        {
            ref readonly SessionSchedule<TKey>.Entry entry = ref entries[order[at]];
            if (_sessions.TryFire(in entry.Key, bucket.HashAt(order[at]), entry.Due, out Session<TAcc> session))
            {
                TResult result = function(new TimeWindow(session.Start, session.End), entry.Key, _aggregate.Result(in session.Accumulator));
                Main.Output.Emit(in result, session.End - 1);
            }
        }
    }
}
