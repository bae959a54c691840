using System.Runtime.CompilerServices;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// Looks for a pattern in the events of each key. In event time events wait until the watermark passes them; then they are looked at in order of time, whatever their keys, equal ones as they came. A key of
/// which no partial match is under way has no state. It is suspended between two events.
/// </summary>
internal sealed class PatternOperator<TKey, TIn, TOut> : KeyedOperator<TKey, TIn, TOut>
{
    private const string ShapeName = "pattern";

    // Enough keys to have many memory accesses under way, few enough that what comes stays in the first-level cache.
    private const int Run = 16;
    private const int MostUnused = 4096;
    private const int SpareRoom = 16;
    private readonly PatternSettings<TIn> _settings;
    private readonly MatchAction<TKey, TIn, TOut> _action;
    private readonly PatternGraph<TIn> _graph;
    private readonly PatternMatcher<TIn> _matcher;
    private readonly bool _reportsTimeouts;
    private readonly bool _keepsTimes;
    private readonly Stack<KeyMatches<TIn>> _unused = new();
    private readonly TKey[] _keys = new TKey[Run];
    private readonly ulong[] _hashes = new ulong[Run];
    private readonly long[] _dues = new long[Run];

    // Belongs to the next key that gets something to keep.
    private KeyMatches<TIn> _fresh = new();
    private KeyedTable<TKey, KeyMatches<TIn>> _table = null!;
    private WaitingEvents<TKey, TIn>? _waiting;
    private PatternSchedule<TKey, TIn> _schedule = null!;
    private LateRecords<TIn> _late = null!;
    private OutputLink<PatternMatch<TIn>>? _timedOut;

    public PatternOperator(OperatorSetup setup, PatternSettings<TIn> settings, MatchAction<TKey, TIn, TOut> action) : base(setup)
    {
        _settings = settings;
        _action = action;
        _graph = PatternCompiler<TIn>.Compile(settings);
        _reportsTimeouts = settings.TimedOut is not null;
        _matcher = new PatternMatcher<TIn>(_graph, settings.AfterMatch, _reportsTimeouts);
        _keepsTimes = _matcher.HasWithinPrevious;
    }

    /// <summary>The keys that have state.</summary>
    public long KeysUnderWay => _table.Count;

    public override long NextClockMs => _settings.IsEventTime ? long.MaxValue : _schedule.NextTime;

    // With room for the matches of one more event the output's buffer hardly ever has to grow.
    private bool IsFull => Main.Room < SpareRoom || _timedOut is { IsFull: true };

    public override void Open()
    {
        CheckShape();
        _table = Keyed.Table("matches", new KeyMatchesSerializer<TIn>(Setup.Serializers.Get<StoredMatches<TIn>>()));
        _waiting = _settings.IsEventTime ? new WaitingEvents<TKey, TIn>(Keyed) : null;
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
            if (_waiting is not null)
            {
                Keep(batch, _waiting, ref i);
            }
            else
            {
                LookAtNow(batch, ref i);
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw KeyError($"matching{_matcher.Asking}", batch, i, e);
        }

        return i - from;
    }

    private void Keep(KeyedBatch<TKey, TIn> batch, WaitingEvents<TKey, TIn> waiting, ref int at)
    {
        for (; at < batch.Count; at++)
        {
            long timestamp = batch.Timestamps[at];
            if (timestamp > Watermark)
            {
                waiting.Add(batch.KeyAt(at), batch.Hashes[at], in batch.Values[at], timestamp);
                continue;
            }

            RefuseLate(in batch.Values[at], timestamp);
            if (_late.IsFull)
            {
                at++;
                return;
            }
        }
    }

    private void LookAtNow(KeyedBatch<TKey, TIn> batch, ref int at)
    {
        long now = Setup.Host.NowMs;
        Main.Output.Timestamp = Batch<TOut>.NoTimestamp;
        int touched = at;
        while (at < batch.Count)
        {
            if (touched < Math.Min(at + Run + 1, batch.Count))
            {
                int run = Math.Min(Run, batch.Count - touched);
                for (int i = 0; i < run; i++)
                {
                    _keys[i] = batch.KeyAt(touched + i);
                    _hashes[i] = batch.Hashes[touched + i];
                }

                Touch(run);
                touched += run;
            }

            LookAt(batch.KeyAt(at), batch.Hashes[at], in batch.Values[at], now);
            at++;
            if (IsFull)
            {
                return;
            }
        }
    }

    /// <summary>Looks at the events up to a time, and then at the keys with partial matches whose time is over; stops when an output is full.</summary>
    private bool FireDue(long time)
    {
        while (_waiting is not null && _waiting.TryPeek(time, out ReadOnlySpan<WaitingEvent<TKey, TIn>> due))
        {
            int at = 0;
            try
            {
                LookAt(due, ref at);
            }
            catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
            {
                throw UserError($"matching{_matcher.Asking} the event {Describe.Value(due[at].Value)} of key {Describe.Value(due[at].Key)} (timestamp {Describe.Timestamp(due[at].Timestamp)})", e);
            }

            _waiting.Drop(at);
            if (IsFull && !Advance())
            {
                return false;
            }
        }

        return EndTimes(time);
    }

    private void LookAt(ReadOnlySpan<WaitingEvent<TKey, TIn>> due, ref int at)
    {
        int touched = at;
        while (at < due.Length)
        {
            if (touched < Math.Min(at + Run + 1, due.Length))
            {
                int run = Math.Min(Run, due.Length - touched);
                for (int i = 0; i < run; i++)
                {
                    _keys[i] = due[touched + i].Key;
                    _hashes[i] = due[touched + i].Hash;
                }

                Touch(run);
                touched += run;
            }

            ref readonly WaitingEvent<TKey, TIn> next = ref due[at];
            Main.Output.Timestamp = next.Timestamp;
            LookAt(in next.Key, next.Hash, in next.Value, next.Timestamp);
            at++;
            if (IsFull)
            {
                return;
            }
        }
    }

    // Where keys are many, what they have lies in memory: this has many accesses under way at once instead of one after the other, a run of events ahead. It only makes what follows faster.
    private void Touch(int run)
    {
        _table.Prefetch(_hashes.AsSpan(0, run));
        for (int i = 0; i < run; i++)
        {
            ref KeyMatches<TIn> found = ref _table.FindForWrite(in _keys[i], _hashes[i]);
            if (!Unsafe.IsNullRef(ref found))
            {
                found.Prefetch();
            }
        }
    }

    private void LookAt(in TKey key, ulong hash, in TIn value, long time)
    {
        ref KeyMatches<TIn> found = ref _table.FindForWrite(in key, hash);
        if (Unsafe.IsNullRef(ref found))
        {
            _matcher.Feed(_fresh, in value, time);
            Emit(in key);
            if (_fresh.IsEmpty)
            {
                // The event began nothing, so there is nothing to keep.
                _fresh.Reset();
                return;
            }

            KeyMatches<TIn> added = _fresh;
            _fresh = _unused.TryPop(out KeyMatches<TIn>? used) ? used : new KeyMatches<TIn>();
            _table.GetOrAdd(in key, hash, out _) = added;
            Settle(in key, hash, added);
            return;
        }

        KeyMatches<TIn> matches = found;
        _matcher.AdvanceTo(matches, time);
        _matcher.Feed(matches, in value, time);
        Emit(in key);
        Settle(in key, hash, matches);
    }

    private bool EndTimes(long time)
    {
        for (int count = _schedule.Take(time, _keys, _hashes, _dues); count > 0; count = _schedule.Take(time, _keys, _hashes, _dues))
        {
            Touch(count);
            for (int i = 0; i < count; i++)
            {
                if (!_schedule.TryGet(in _keys[i], _hashes[i], _dues[i], out KeyMatches<TIn> matches))
                {
                    continue;
                }

                EndTime(in _keys[i], _hashes[i], matches, time);
                if (IsFull && !Advance())
                {
                    _schedule.PutBack(_keys.AsSpan(i + 1, count - i - 1), _hashes.AsSpan(i + 1), _dues.AsSpan(i + 1));
                    return false;
                }
            }
        }

        return true;
    }

    private void EndTime(in TKey key, ulong hash, KeyMatches<TIn> matches, long time)
    {
        try
        {
            Main.Output.Timestamp = _settings.IsEventTime ? time : Batch<TOut>.NoTimestamp;
            _matcher.AdvanceTo(matches, time);
            Emit(in key);
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw UserError($"matching the end of a time of key {Describe.Value(key)}", e);
        }

        matches.DueTime = Later(matches.DueTime, time);
        matches.DuePrevious = Later(matches.DuePrevious, time);
        Settle(in key, hash, matches);
    }

    private static long Later(long due, long time) => due <= time ? KeyMatches<TIn>.Never : due;

    /// <summary>Enters the time of the first partial match, or forgets a key of which nothing is left.</summary>
    private void Settle(in TKey key, ulong hash, KeyMatches<TIn> matches)
    {
        // As in Flink, the time of an earlier partial match is also when overdue steps of later ones show.
        if (matches.IsEmpty && (matches.DueTime == KeyMatches<TIn>.Never || !_keepsTimes))
        {
            _table.Remove(in key, hash);
            if (_unused.Count < MostUnused)
            {
                matches.Reset();
                _unused.Push(matches);
            }
        }
        else
        {
            if (matches.DueTime == KeyMatches<TIn>.Never)
            {
                _schedule.AddTimeout(in key, hash, matches, TimeoutOf(matches));
            }

            // The watermark that is firing ends steps, too, but only behind the last event of the key.
            if (_keepsTimes && _settings.IsEventTime && matches.DueTime > Watermark && _matcher.IsAnyOver(matches, Watermark))
            {
                _schedule.AddPrevious(in key, hash, matches, Watermark);
            }

            if (matches.IsLarge)
            {
                matches.Shrink();
            }
        }

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
