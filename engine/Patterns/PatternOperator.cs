using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Windowing;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// Looks for a pattern in the events of each key. In event time an event waits in the key's state until the watermark passes it; then the events of the key are looked at in order of time, equal ones
/// as they came. It is suspended between two events.
/// </summary>
internal sealed class PatternOperator<TKey, TIn, TOut> : KeyedOperator<TKey, TIn, TOut>
{
    private const string ShapeName = "pattern";
    private readonly PatternSettings<TIn> _settings;
    private readonly MatchAction<TKey, TIn, TOut> _action;
    private readonly PatternGraph<TIn> _graph;
    private readonly PatternMatcher<TIn> _matcher;
    private readonly Stack<KeyMatches<TIn>> _unused = new();
    private KeyedTable<TKey, KeyMatches<TIn>> _table = null!;
    private PatternSchedule<TKey, TIn> _schedule = null!;
    private LateRecords<TIn> _late = null!;
    private OutputLink<PatternMatch<TIn>>? _timedOut;
    private readonly bool _reportsTimeouts;
    private readonly bool _keepsTimes;
    private readonly PlaceFinder _places = new();
    private readonly KeyMatches<TIn>?[] _run = new KeyMatches<TIn>?[PlaceFinder.Run];

    // Kept so that what is only touched is not left out.
    private int _touched;

    // The keys of the bucket that is firing, and how far it has come.
    private int _firingAt;

    public PatternOperator(OperatorSetup setup, PatternSettings<TIn> settings, MatchAction<TKey, TIn, TOut> action) : base(setup)
    {
        _settings = settings;
        _action = action;
        _graph = PatternCompiler<TIn>.Compile(settings);
        _reportsTimeouts = settings.TimedOut is not null;
        _matcher = new PatternMatcher<TIn>(_graph, settings.AfterMatch, _reportsTimeouts);
        _keepsTimes = _matcher.HasWithinPrevious;
    }

    public override long NextClockMs => _settings.IsEventTime ? long.MaxValue : _schedule.NextTimeout;

    public override void Open()
    {
        CheckShape();
        _table = Keyed.Table<KeyMatches<TIn>>("matches");
        _schedule = new PatternSchedule<TKey, TIn>(_table);
        _schedule.AddAll(TimeoutOf);
        _late = LateRecords<TIn>.Of(this, _settings.Late);
        _timedOut = _settings.TimedOut is null ? null : FindSide<PatternMatch<TIn>>(_settings.TimedOut);
        base.Open();
    }

    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot)
    {
        base.OnBarrier(barrier, snapshot);
        DataWriter writer = new();
        writer.WriteString(_graph.Description);
        snapshot.AddBytes(Setup.Uid, new StateDescription(ShapeName, StateSectionKind.OperatorUnion, null, ShapeName, [], []), writer.ToArray());
    }

    public override bool OnClock(long nowMs)
    {
        if (_settings.IsEventTime)
        {
            return true;
        }

        Main.Output.Timestamp = Batch<TOut>.NoTimestamp;
        return Advance() && FireDue(nowMs) && Advance();
    }

    protected override bool OnWatermark(long watermark) => !_settings.IsEventTime || FireDue(watermark);

    protected override int Process(KeyedBatch<TKey, TIn> batch, int from)
    {
        int i = from;
        try
        {
            if (_settings.IsEventTime)
            {
                Keep(batch, ref i);
            }
            else
            {
                LookAtNow(batch, ref i);
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw KeyError("matching", batch, i, e);
        }

        return i - from;
    }

    private void Keep(KeyedBatch<TKey, TIn> batch, ref int at)
    {
        int from = at;
        ReadOnlySpan<ulong> hashes = batch.Hashes.AsSpan(from, batch.Count - from);
        _places.Begin(_table, hashes);
        for (int i = 0; i < hashes.Length;)
        {
            int start = i;
            int end = _places.Enter(_table, hashes, start);
            Find(batch, from, start, end);
            Touch(end - start);
            for (; i < end; i++)
            {
                at = from + i;
                long timestamp = batch.Timestamps[at];
                if (_run[i - start] is not { } key)
                {
                    RefuseLate(in batch.Values[at], timestamp);
                    if (_late.IsFull)
                    {
                        at++;
                        return;
                    }

                    continue;
                }

                Insert(key.Waiting, in batch.Values[at], timestamp);
                _schedule.AddEvent(in batch.Keys[at], batch.Hashes[at], key, timestamp);
            }
        }

        at = batch.Count;
    }

    // What the keys of a run have; nothing for late records.
    private void Find(KeyedBatch<TKey, TIn> batch, int from, int start, int end)
    {
        ReadOnlySpan<ulong> hashes = batch.Hashes.AsSpan(from, batch.Count - from);
        for (int i = start; i < end; i++)
        {
            if (batch.Timestamps[from + i] <= Watermark)
            {
                _run[i - start] = null;
                continue;
            }

            ref KeyMatches<TIn> matches = ref _table.GetOrAdd(in _places.PlaceOf(i), in batch.Keys[from + i], hashes[i], out bool added);
            if (added)
            {
                matches = NewMatches();
                _run[i - start] = matches;
                _places.Repair(_table, hashes, i);
                continue;
            }

            _run[i - start] = matches;
        }
    }

    // Reads a little of everything that the keys of a run have: where they are many it lies in memory, and this has many accesses under way at once instead of one after the other.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Touch(int count)
    {
        ReadOnlySpan<KeyMatches<TIn>?> run = _run.AsSpan(0, count);
        int any = 0;
        foreach (KeyMatches<TIn>? key in run)
        {
            if (key is not null)
            {
                any += key.Waiting.Count + key.Runs.Count + key.Nodes.Count + key.Events.Count;
            }
        }

        foreach (KeyMatches<TIn>? key in run)
        {
            if (key is not null)
            {
                any += (key.Waiting.Count > 0 ? (int)CollectionsMarshal.AsSpan(key.Waiting)[0].Timestamp : 0) + (key.Runs.Count > 0 ? CollectionsMarshal.AsSpan(key.Runs)[0].State : 0)
                    + (key.Nodes.Count > 0 ? CollectionsMarshal.AsSpan(key.Nodes)[0].Step : 0) + (key.Events.Count > 0 ? CollectionsMarshal.AsSpan(key.Events)[0].Uses : 0);
            }
        }

        _touched = any;
    }

    private void LookAtNow(KeyedBatch<TKey, TIn> batch, ref int at)
    {
        long now = Setup.Host.NowMs;
        Main.Output.Timestamp = Batch<TOut>.NoTimestamp;
        for (; at < batch.Count; at++)
        {
            ref KeyMatches<TIn> matches = ref _table.GetOrAdd(in batch.Keys[at], batch.Hashes[at], out bool added);
            if (added)
            {
                matches = NewMatches();
            }

            KeyMatches<TIn> key = matches;
            _matcher.AdvanceTo(key, now);
            Emit(in batch.Keys[at]);
            _matcher.Feed(key, in batch.Values[at], now);
            Emit(in batch.Keys[at]);
            Settle(in batch.Keys[at], batch.Hashes[at], key);
            if (Main.IsFull || _timedOut is { IsFull: true })
            {
                at++;
                return;
            }
        }
    }

    /// <summary>Looks at all keys that are due, one event at a time, and stops when an output is full.</summary>
    private bool FireDue(long time)
    {
        while (_schedule.TryPeekEvents(time, out SessionSchedule<TKey>.Bucket bucket))
        {
            if (!FireEvents(bucket, time))
            {
                return false;
            }

            _firingAt = 0;
            _schedule.RemoveEvents();
        }

        while (_schedule.TryPeekTimeout(time, out TKey key, out ulong hash, out KeyMatches<TIn> matches))
        {
            bool isFull = FireKey(in key, hash, matches, time, out bool isDone);
            if (isDone)
            {
                _schedule.RemoveTimeout();
                matches.DueTime = Later(matches.DueTime, time);
                Settle(in key, hash, matches);
            }

            if (isFull && !Advance())
            {
                return false;
            }
        }

        return true;
    }

    private bool FireEvents(SessionSchedule<TKey>.Bucket bucket, long time)
    {
        ReadOnlySpan<ulong> hashes = bucket.Hashes[_firingAt..];
        int from = _firingAt;
        _places.Begin(_table, hashes);
        for (int i = 0; i < hashes.Length;)
        {
            int start = i;
            int end = _places.Enter(_table, hashes, start);
            for (int j = start; j < end; j++)
            {
                ref KeyMatches<TIn> matches = ref _table.FindForWrite(in bucket.KeyAt(from + j), hashes[j]);
                _run[j - start] = Unsafe.IsNullRef(ref matches) ? null : matches;
            }

            Touch(end - start);
            for (; i < end; i++)
            {
                // An entry of an earlier or later first event leads nowhere.
                KeyMatches<TIn>? matches = _run[i - start];
                while (matches is not null && matches.DueEvent <= time && matches.DueEvent != KeyMatches<TIn>.Never)
                {
                    TKey key = bucket.KeyAt(from + i);
                    bool isFull = FireKey(in key, hashes[i], matches, time, out bool isDone);
                    if (isDone)
                    {
                        matches.DueTime = Later(matches.DueTime, time);
                        Settle(in key, hashes[i], matches);
                    }

                    if (isFull && !Advance())
                    {
                        _firingAt = from + i;
                        return false;
                    }
                }
            }
        }

        return true;
    }

    /// <summary>Looks at the events of a key up to a time, and what that time ends, until an output is full.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="matches">What it has.</param>
    /// <param name="time">The time.</param>
    /// <param name="isDone">Whether nothing of it is due any more.</param>
    /// <returns>Whether an output is full.</returns>
    private bool FireKey(in TKey key, ulong hash, KeyMatches<TIn> matches, long time, out bool isDone)
    {
        int taken = 0;
        bool isFull = false;
        isDone = false;
        try
        {
            for (; taken < matches.Waiting.Count && matches.Waiting[taken].Timestamp <= time && !isFull; taken++)
            {
                TimedRecord<TIn> next = matches.Waiting[taken];
                Main.Output.Timestamp = next.Timestamp;
                _matcher.AdvanceTo(matches, next.Timestamp);
                Emit(in key);
                _matcher.Feed(matches, next.Value, next.Timestamp);
                Emit(in key);
                isFull = Main.IsFull || _timedOut is { IsFull: true };
            }

            matches.Waiting.RemoveRange(0, taken);
            if (matches.Waiting.Count == 0 || matches.Waiting[0].Timestamp > time)
            {
                Main.Output.Timestamp = _settings.IsEventTime ? time : Batch<TOut>.NoTimestamp;
                _matcher.AdvanceTo(matches, time);
                Emit(in key);
                matches.DueEvent = Later(matches.DueEvent, time);
                if (matches.Waiting.Count > 0)
                {
                    _schedule.AddEvent(in key, hash, matches, matches.Waiting[0].Timestamp);
                }

                isDone = true;
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw UserError($"matching {(taken < matches.Waiting.Count ? $"the event {Describe.Value(matches.Waiting[taken].Value)}" : "the end of a time")} of key {Describe.Value(key)}", e);
        }

        return isFull || Main.IsFull || _timedOut is { IsFull: true };
    }

    private static long Later(long due, long time) => due <= time ? KeyMatches<TIn>.Never : due;

    /// <summary>Enters the time of the first partial match, or forgets a key of which nothing is left.</summary>
    private void Settle(in TKey key, ulong hash, KeyMatches<TIn> matches)
    {
        // As in Flink, the time of an earlier partial match is also when overdue steps of later ones show.
        if (matches.IsEmpty() && (matches.DueTime == KeyMatches<TIn>.Never || !_keepsTimes))
        {
            _table.Remove(in key, hash);
            matches.Reset();
            _unused.Push(matches);
            return;
        }

        _schedule.AddTimeout(in key, hash, matches, TimeoutOf(matches));
        if (_schedule.IsStale)
        {
            _schedule.RebuildTimeouts(TimeoutOf);
        }
    }

    // By the clock a time is over when it has passed, one millisecond later.
    private long TimeoutOf(KeyMatches<TIn> matches)
    {
        long timeout = _matcher.NextTimeout(matches);
        return _settings.IsEventTime || timeout == KeyMatches<TIn>.Never ? timeout : timeout + 1;
    }

    private KeyMatches<TIn> NewMatches() => _unused.TryPop(out KeyMatches<TIn>? used) ? used : new KeyMatches<TIn>();

    private static void Insert(List<TimedRecord<TIn>> waiting, in TIn value, long timestamp)
    {
        if (waiting.Count == 0 || waiting[^1].Timestamp <= timestamp)
        {
            waiting.Add(new TimedRecord<TIn>(value, timestamp));
            return;
        }

        Span<TimedRecord<TIn>> all = CollectionsMarshal.AsSpan(waiting);
        int low = 0;
        int high = all.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (all[middle].Timestamp <= timestamp)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        waiting.Insert(low, new TimedRecord<TIn>(value, timestamp));
    }

    private void Emit(in TKey key)
    {
        foreach (PatternMatch<TIn> match in _matcher.Found)
        {
            _action(key, match, Main.Output);
        }

        _matcher.Found.Clear();
        if (_reportsTimeouts)
        {
            foreach ((PatternMatch<TIn> match, long time) in _matcher.TimedOut)
            {
                _timedOut?.Output.Emit(in match, _settings.IsEventTime ? time : Batch<TOut>.NoTimestamp);
            }

            _matcher.TimedOut.Clear();
        }
    }

    private void RefuseLate(in TIn value, long timestamp)
    {
        if (timestamp == Batch<TIn>.NoTimestamp)
        {
            throw new JobDefinitionException(
                "the event has no timestamp, which a pattern in event time needs. Give the source a WatermarkStrategy with WithTimestamps, call AssignTimestamps before the pattern, or look for it InProcessingTime.");
        }

        _late.Add(in value, timestamp);
    }

    // Partial matches stand in numbered states, so they belong to one shape of the pattern.
    private void CheckShape()
    {
        if (Keyed.Restored is not { } restored)
        {
            return;
        }

        foreach ((_, byte[] bytes) in restored.ReadAll(StateSectionKind.OperatorUnion, ShapeName))
        {
            string written = new DataReader(bytes).ReadString()!;
            if (written != _graph.Description)
            {
                throw new StateRestoreException(
                    $"Operator '{Setup.Name}' (uid '{Setup.Uid}'): its pattern has changed, so that its partial matches cannot go on. It was [{written}], now it is [{_graph.Description}]. "
                    + "Restore with the earlier pattern, or give the operator another uid and allow dropped state.");
            }
        }
    }
}
