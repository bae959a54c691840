using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Sources;

/// <summary>A source operator, seen by its tasklet without its type.</summary>
internal abstract class SourceOperator(OperatorSetup setup) : Operator(setup)
{
    /// <summary>Whether the source gives no record any more: all splits have ended, or it was stopped.</summary>
    public bool HasEnded { get; protected set; }

    /// <summary>Whether nothing may be emitted any more: the job stops with a savepoint.</summary>
    public bool IsStopped { get; protected set; }

    public abstract void AddSplits(IReadOnlyList<AssignedSplit> splits);

    public abstract void NoMoreSplits();

    /// <summary>Reads and emits once; the output is empty when it is called.</summary>
    /// <returns>Whether anything was read.</returns>
    public abstract bool Poll();

    /// <summary>Where the splits stand, those that have ended too.</summary>
    public abstract IReadOnlyList<SplitStatus> Splits();

    /// <summary>Emits nothing any more; with drain the final watermark and the end of input.</summary>
    public abstract void Stop(bool drain);
}

/// <summary>Reads the splits of a source, gives records their timestamps and makes watermarks per split.</summary>
internal sealed partial class SourceOperator<T> : SourceOperator
{
    // Years 1 to 9999: outside of it a timestamp is a mistake (seconds for milliseconds, a parser's default) and windows cannot be shown.
    private const long EarliestMs = -62135596800000;
    private const long LatestMs = 253402300799999;

    private readonly ISource<T> _source;
    private readonly WatermarkStrategy<T> _strategy;
    private readonly BadRecordPolicy _onBadRecord;
    private readonly SplitWatermarks<T> _watermarks;
    private readonly TickSchedule _ticks;
    private readonly ControlQueue _controls = new();
    private readonly OutputLink<T> _main;
    private readonly SourceOutput<T> _output;
    private readonly Dictionary<int, string> _active = [];
    private readonly List<string> _ended = [];
    private readonly Context _context;
    private Func<int, string>? _placeOf;
    private ISourceReader<T>? _reader;
    private OutputLink<BadRecord>? _bad;
    private int _nextHandle;
    private int _polledSplit;
    private int _watermarkedThrough;
    private int _endingSplit = -1;
    private bool _noMoreSplits;

    public SourceOperator(OperatorSetup setup, ISource<T> source, WatermarkStrategy<T> strategy, JobOptions options) : base(setup)
    {
        _source = source;
        _strategy = strategy;
        _onBadRecord = options.OnBadRecord;
        _watermarks = new SplitWatermarks<T>(strategy, WatermarkTimings.Of(options));
        _ticks = new TickSchedule(WatermarkTimings.TickMs(options, strategy));
        _main = AddLink<T>(null);
        _output = new SourceOutput<T>(_main.Buffer);
        _context = new Context(setup);
    }

    public override long NextClockMs => Math.Min(Math.Min(_ticks.NextMs, _context.WakeAtMs), _waitWarningMs);

    public override void OpenInBackground()
    {
        try
        {
            _reader = _source.CreateReader(_context);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError("opening the reader", e);
        }
    }

    public override void Open()
    {
        _bad = FindSide<BadRecord>(BadRecord.Tag);
        JoinGroup();
        _ticks.Start(Setup.Host.NowMs);
    }

    public override void Close()
    {
        _aligned?.Leave();
        try
        {
            _reader?.Dispose();
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError("closing the reader", e);
        }
    }

    public override void AddSplits(IReadOnlyList<AssignedSplit> splits)
    {
        foreach (AssignedSplit split in splits)
        {
            if (split.HasEnded)
            {
                _ended.Add(split.Split.Id);
                continue;
            }

            int handle = _nextHandle++;
            _active.Add(handle, split.Split.Id);
            _watermarks.Add(handle, split.Watermark);
            try
            {
                _reader!.AddSplit(handle, split.Split);
            }
            catch (Exception e) when (e is not StreamException)
            {
                throw UserError($"taking split '{split.Split.Id}'", e);
            }
        }

        // Restored splits have a watermark already, which those downstream must learn of before the first record.
        _controls.Add(_watermarks.Emit());
        ReportReached();
    }

    public override void NoMoreSplits()
    {
        _noMoreSplits = true;
        EndIfDone();
    }

    public override bool Poll()
    {
        if (HasEnded || IsStopped || MustWaitForOthers())
        {
            return false;
        }

        PollResult result;
        try
        {
            result = _reader!.Poll(_output);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError("reading", e);
        }

        Volatile.Write(ref Metrics.LagCount, _reader.Lag ?? -1);
        if (result.Split < 0)
        {
            return false;
        }

        _polledSplit = result.Split;
        TakeBad();
        int count = _main.Buffer.Count;
        if (count > 0)
        {
            RefuseNulls(count);
            EventTimestamps.Assign(
                Setup, _strategy, _main.Buffer.Values.AsSpan(0, count), _main.Buffer.Timestamps.AsSpan(0, count), _placeOf ??= PlaceOf);
            LeaveOutImpossibleTimestamps();
        }

        Volatile.Write(ref Metrics.RecordsInCount, Metrics.RecordsInCount + _main.Buffer.Count);
        Advance();
        if (result.Ended)
        {
            _endingSplit = result.Split;
            Advance();
        }

        // The reader does not know a split any more that has ended; here its end may wait behind its records.
        ReportReached(result.Ended ? -1 : result.Split);
        return true;
    }

    public override bool Advance()
    {
        while (true)
        {
            if (!_controls.IsEmpty)
            {
                if (!_main.TryFlushThrough(_watermarkedThrough))
                {
                    return false;
                }

                // Before the controls, which may be refused: the buffer must not be offered again when they are repeated.
                if (_main.Buffer.Count == 0)
                {
                    _watermarkedThrough = 0;
                }

                if (!SendControls())
                {
                    return false;
                }
            }

            int count = _main.Buffer.Count;
            if (_watermarkedThrough < count)
            {
                WatermarkChange change = _watermarks.OnBatch(
                    _polledSplit,
                    _main.Buffer.Values.AsSpan(_watermarkedThrough, count - _watermarkedThrough),
                    _main.Buffer.Timestamps.AsSpan(_watermarkedThrough, count - _watermarkedThrough),
                    out int taken);
                _watermarkedThrough += taken;
                _controls.Add(change);
                continue;
            }

            if (!base.Advance())
            {
                return false;
            }

            _watermarkedThrough = 0;
            Volatile.Write(ref Metrics.RecordsOutCount, _main.Emitted);
            if (_endingSplit >= 0)
            {
                EndSplit();
                continue;
            }

            if (_controls.IsEmpty)
            {
                return true;
            }
        }
    }

    public override bool OnClock(long nowMs)
    {
        if (!Advance())
        {
            return false;
        }

        if (nowMs >= _context.WakeAtMs)
        {
            _context.WakeAtMs = long.MaxValue;
        }

        if (_ticks.IsDue(nowMs) && !HasEnded && !IsStopped)
        {
            HoldIfWaiting();
            _controls.Add(_watermarks.OnTick(nowMs));
            ReportReached();
        }

        WarnOfWait(nowMs);
        return Advance();
    }

    public override void Stop(bool drain)
    {
        if (drain && !HasEnded)
        {
            End();
        }

        IsStopped = true;
        _aligned?.Leave();
    }

    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot)
    {
        base.OnBarrier(barrier, snapshot);
        List<AssignedSplit> splits = [.. _ended.Select(id => new AssignedSplit(new SourceSplit(id), long.MinValue, true))];
        foreach ((int handle, string id) in _active)
        {
            splits.Add(new AssignedSplit(new SourceSplit(id, PositionOf(handle, id)), _watermarks.LastWatermark(handle), false));
        }

        snapshot.AddBytes(Setup.Uid, StoredSplits.Description, StoredSplits.Write(splits, _noMoreSplits));
    }

    public override void OnCheckpointCompleted(long checkpointId)
    {
        try
        {
            _reader?.CheckpointCompleted(checkpointId);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError($"taking note of checkpoint {checkpointId}", e);
        }
    }

    public override IReadOnlyList<SplitStatus> Splits()
    {
        List<SplitStatus> splits = [.. _ended.Select(id => new SplitStatus(id, null, long.MinValue, HasEnded: true))];
        foreach ((int handle, string id) in _active)
        {
            try
            {
                splits.Add(new SplitStatus(id, _reader!.Describe(handle), _watermarks.LastWatermark(handle), HasEnded: false));
            }
            catch (Exception e) when (e is not StreamException)
            {
                throw UserError($"describing the position of split '{id}'", e);
            }
        }

        return splits;
    }

    private ReadOnlyMemory<byte> PositionOf(int handle, string id)
    {
        try
        {
            return _reader!.Position(handle);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError($"giving the position of split '{id}'", e);
        }
    }

    private void EndSplit()
    {
        _held.Remove(_endingSplit);
        _ended.Add(_active[_endingSplit]);
        _active.Remove(_endingSplit);
        _controls.Add(_watermarks.Remove(_endingSplit));
        _endingSplit = -1;
        EndIfDone();
    }

    private void EndIfDone()
    {
        if (_noMoreSplits && _active.Count == 0 && !HasEnded && !IsStopped)
        {
            End();
        }
    }

    private void End()
    {
        HasEnded = true;
        _aligned?.Leave();
        _controls.Add(_watermarks.End());
        _controls.Add(Element.EndOfInput);
    }

    private bool SendControls()
    {
        while (!_controls.IsEmpty)
        {
            Element element = _controls.First;
            if (!SendBehindWatermarked(in element))
            {
                return false;
            }

            if (element.Kind == ElementKind.Watermark)
            {
                Volatile.Write(ref Metrics.WatermarkMs, element.Value);
            }

            _controls.RemoveFirst();
        }

        return true;
    }

    // Not ForwardControl: records of the batch that come after the watermark must stay behind it.
    private bool SendBehindWatermarked(in Element element)
    {
        bool all = true;
        for (int i = 0; i < Links.Count; i++)
        {
            OutputLink link = Links[i];
            all &= (ReferenceEquals(link, _main) || link.TryFlush()) && link.Control(in element);
        }

        return all;
    }

    private void TakeBad()
    {
        if (_output.Bad.Count == 0)
        {
            return;
        }

        foreach (BadRecord bad in _output.Bad)
        {
            Report(bad);
        }

        _output.Bad.Clear();
    }

    private void Report(BadRecord bad)
    {
        if (_onBadRecord == BadRecordPolicy.Fail)
        {
            throw new BadRecordException(Setup.Name, bad);
        }

        if (_onBadRecord == BadRecordPolicy.SideOutput)
        {
            _bad?.Output.Emit(in bad, Batch<T>.NoTimestamp);
        }

        Volatile.Write(ref Metrics.BadRecordsCount, Metrics.BadRecordsCount + 1);
    }

    private void RefuseNulls(int count)
    {
        if (default(T) is not null)
        {
            return;
        }

        for (int i = 0; i < count; i++)
        {
            if (_main.Buffer.Values[i] is null)
            {
                throw new UserCodeException(
                    Setup.Name, Setup.Subtask, "reading",
                    new InvalidOperationException($"{PlaceOf(i)} gave a null record. Leave it out, or report it with EmitBad."));
            }
        }
    }

    private void LeaveOutImpossibleTimestamps()
    {
        if (!ArePossible(_main.Buffer.Timestamps.AsSpan(0, _main.Buffer.Count)))
        {
            LeaveOutImpossible(_main.Buffer);
        }
    }

    private static bool ArePossible(ReadOnlySpan<long> timestamps)
    {
        Longs.Bounds(timestamps, out long earliest, out long latest);
        return timestamps.Length == 0 || (earliest >= EarliestMs && latest <= LatestMs);
    }

    private string PlaceOf(int index) => _reader!.PlaceOf(index) ?? $"split '{_active[_polledSplit]}'";

    private void LeaveOutImpossible(Batch<T> batch)
    {
        int kept = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            long timestamp = batch.Timestamps[i];
            if ((ulong)(timestamp - EarliestMs) > (ulong)(LatestMs - EarliestMs) && timestamp != Batch<T>.NoTimestamp)
            {
                Report(new BadRecord(
                    PlaceOf(i), $"the timestamp {timestamp} is out of range: it must be milliseconds since 1970 within the years 1 to 9999",
                    Describe.Value(batch.Values[i])));
                continue;
            }

            if (kept != i)
            {
                batch.Values[kept] = batch.Values[i];
                batch.Timestamps[kept] = timestamp;
            }

            kept++;
        }

        batch.Count = kept;
    }

    private sealed class Context(OperatorSetup setup) : SourceContext
    {
        public long WakeAtMs { get; set; } = long.MaxValue;

        public override string OperatorName => setup.Name;

        public override int Subtask => setup.Subtask;

        public override int Parallelism => setup.Parallelism;

        public override IServiceProvider Services => setup.Host.Services;

        public override long ProcessingTime => setup.Host.NowMs;

        public override void Wake() => setup.Owner?.Host.Wake(setup.Owner);

        public override void WakeAt(long processingTime) => WakeAtMs = Math.Min(WakeAtMs, processingTime);
    }
}
