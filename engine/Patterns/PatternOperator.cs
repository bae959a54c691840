using System.Runtime.InteropServices;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
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

    public PatternOperator(OperatorSetup setup, PatternSettings<TIn> settings, MatchAction<TKey, TIn, TOut> action) : base(setup)
    {
        _settings = settings;
        _action = action;
        _graph = PatternCompiler<TIn>.Compile(settings);
        _reportsTimeouts = settings.TimedOut is not null;
        _matcher = new PatternMatcher<TIn>(_graph, settings.AfterMatch, _reportsTimeouts);
        _keepsTimes = _matcher.HasWithinPrevious;
    }

    public override long NextClockMs => _settings.IsEventTime ? long.MaxValue : _schedule.NextTime;

    public override void Open()
    {
        CheckShape();
        _table = Keyed.Table<KeyMatches<TIn>>("matches");
        _schedule = new PatternSchedule<TKey, TIn>(_table);
        _schedule.Rebuild(TimeoutOf);
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
        for (; at < batch.Count; at++)
        {
            long timestamp = batch.Timestamps[at];
            if (timestamp <= Watermark)
            {
                RefuseLate(in batch.Values[at], timestamp);
                if (_late.IsFull)
                {
                    at++;
                    return;
                }

                continue;
            }

            ref KeyMatches<TIn> matches = ref _table.GetOrAdd(batch.KeyAt(at), batch.Hashes[at], out bool added);
            if (added)
            {
                matches = NewMatches();
            }

            KeyMatches<TIn> key = matches;
            Insert(key.Waiting, in batch.Values[at], timestamp);
            _schedule.AddEvent(batch.KeyAt(at), batch.Hashes[at], key, timestamp);
        }
    }

    private void LookAtNow(KeyedBatch<TKey, TIn> batch, ref int at)
    {
        long now = Setup.Host.NowMs;
        Main.Output.Timestamp = Batch<TOut>.NoTimestamp;
        for (; at < batch.Count; at++)
        {
            ref KeyMatches<TIn> matches = ref _table.GetOrAdd(batch.KeyAt(at), batch.Hashes[at], out bool added);
            if (added)
            {
                matches = NewMatches();
            }

            KeyMatches<TIn> key = matches;
            _matcher.AdvanceTo(key, now);
            Emit(batch.KeyAt(at));
            _matcher.Feed(key, in batch.Values[at], now);
            Emit(batch.KeyAt(at));
            Settle(batch.KeyAt(at), batch.Hashes[at], key);
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
        while (_schedule.TryPeek(time, out TKey key, out ulong hash, out KeyMatches<TIn> matches))
        {
            int taken = 0;
            bool isFull = false;
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
                    _schedule.RemoveFirst();
                    matches.DueEvent = Later(matches.DueEvent, time);
                    matches.DueTime = Later(matches.DueTime, time);
                    if (matches.Waiting.Count > 0)
                    {
                        _schedule.AddEvent(in key, hash, matches, matches.Waiting[0].Timestamp);
                    }

                    Settle(in key, hash, matches);
                }
            }
            catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
            {
                throw UserError($"matching {(taken < matches.Waiting.Count ? $"the event {Describe.Value(matches.Waiting[taken].Value)}" : "the end of a time")} of key {Describe.Value(key)}", e);
            }

            if ((isFull || Main.IsFull || _timedOut is { IsFull: true }) && !Advance())
            {
                return false;
            }
        }

        return true;
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
            _schedule.Rebuild(TimeoutOf);
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
