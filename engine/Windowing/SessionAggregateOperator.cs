using System.Runtime.CompilerServices;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// Aggregates sessions in event time that fire once, at their end. The youngest session of a key lies in a table by key, so that a record costs one lookup; earlier ones, which
/// only wait for the watermark, lie in a second table. No timer is touched when a session grows.
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
        _sessions = new OpenSessions<TKey, TAcc>(Keyed);
        _sessions.ScheduleAll(_schedule);
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
        while (true)
        {
            if (_at >= _count && !Collect(watermark))
            {
                return true;
            }

            while (_at < _count)
            {
                int at = _order[_at++];
                Fire(at);
                if (Main.IsFull && !Advance())
                {
                    return false;
                }
            }

            EndBucket(watermark);
        }
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

                if (!added && timestamp > session.End)
                {
                    _sessions.PushAside(in keys[i], hashes[i], ref session);
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

    // The first session of a key, and records before its youngest.
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
        if (!_schedule.TryPeek(watermark, out long number, out SessionSchedule<TKey>.Bucket bucket))
        {
            return false;
        }

        int count = bucket.Count;
        if (_order.Length < count)
        {
            _order = new int[bucket.Count * 2];
            _ends = new long[bucket.Count * 2];
        }

        _count = 0;
        _at = 0;
        int kept = 0;
        ReadOnlySpan<ulong> hashes = bucket.Hashes;
        _duePlaces.Begin(_sessions.Youngest, hashes);
        for (int i = 0; i < count;)
        {
            int end = _duePlaces.Enter(_sessions.Youngest, hashes, i);
            for (; i < end; i++)
            {
                long due = bucket.Dues[i];
                long now = _sessions.Renew(in bucket.KeyAt(i), bucket.HashAt(i), due);
                if (now != OpenSessions<TKey, TAcc>.None && _schedule.NumberOf(now) != number)
                {
                    _schedule.Add(in bucket.KeyAt(i), bucket.HashAt(i), now);
                }
                else if (now != OpenSessions<TKey, TAcc>.None)
                {
                    bucket.Move(i, kept);
                    bucket.Dues[kept] = now;
                    if (WindowTime.IsDue(now, watermark))
                    {
                        _order[_count] = kept;
                        _ends[_count++] = now;
                    }

                    kept++;
                }
            }
        }

        bucket.Truncate(kept);
        Array.Sort(_ends, _order, 0, _count);
        return true;
    }

    private void EndBucket(long watermark)
    {
        SessionSchedule<TKey>.Bucket bucket = _schedule.First;
        int kept = 0;
        for (int i = 0; i < bucket.Count; i++)
        {
            if (!WindowTime.IsDue(bucket.Dues[i], watermark))
            {
                bucket.Move(i, kept++);
            }
        }

        bucket.Truncate(kept);
        if (kept == 0)
        {
            _schedule.RemoveFirst();
        }
    }

    private void Fire(int at)
    {
        SessionSchedule<TKey>.Bucket bucket = _schedule.First;
        ref readonly TKey key = ref bucket.KeyAt(at);
        if (!_sessions.TryRemove(in key, bucket.HashAt(at), bucket.Dues[at], out Session<TAcc> session))
        {
            return;
        }

        TResult result;
        try
        {
            result = _result(new TimeWindow(session.Start, session.End), key, _aggregate.Result(in session.Accumulator));
        }
        catch (Exception e)
        {
            throw UserError($"making the result of the session that ends at {Describe.Timestamp(session.End)} for key {Describe.Value(key)}", e);
        }

        Main.Output.Emit(in result, session.End - 1);
    }
}
