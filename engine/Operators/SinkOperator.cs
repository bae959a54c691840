using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Operators;

/// <summary>
/// The end of a chain: offers records to a writer, ends its epochs at barriers and, for a two-phase sink, commits them after the checkpoint has completed, in order, until it succeeds.
/// An epoch that is prepared but not committed is in every snapshot until it is.
/// </summary>
internal sealed class SinkOperator<T>(OperatorSetup setup, ISink<T> sink) : Operator(setup), IReceiver<T>
{
    private const string StateName = "committables";
    private const long FirstRetryMs = 100;
    private const long LongestRetryMs = 10_000;

    private readonly OperatorState _state = new(setup);

    // Prepared epochs that are not committed, by the subtask that prepared them. Written by the background when an epoch is prepared and when it is committed, both one after the other.
    private readonly ConcurrentDictionary<(long Epoch, int Origin), PreparedEpoch> _prepared = new();
    private ISinkWriter<T>? _writer;
    private ISinkCommitter? _committer;
    private long _completedThrough;
    private long _committedThrough;
    private bool _isCommitting;
    private bool _isClosing;
    private long _retryAtMs = long.MaxValue;
    private long _retryMs = FirstRetryMs;

    public override OperatorState State => _state;

    public override long NextClockMs => _retryAtMs;

    public override bool IsBusy => _isCommitting;

    private Runnable Owner => Setup.Owner ?? throw new InvariantViolatedException($"The sink '{Setup.Name}' runs outside of a tasklet.");

    public override void OpenInBackground()
    {
        Context context = new(Setup);
        try
        {
            if (sink is ITwoPhaseSink<T> twoPhase)
            {
                _committer = twoPhase.CreateCommitter(context);
                ReadRestored();
                _committer.AbortUnprepared();
            }

            _writer = sink.CreateWriter(context);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError("opening", e);
        }

        _completedThrough = Setup.RestoredCheckpoint;
        if (_prepared.IsEmpty)
        {
            _committedThrough = _completedThrough;
        }
    }

    public override void BeginClosing() => _isClosing = true;

    public override void Close()
    {
        _writer?.Dispose();
        _committer?.Dispose();
    }

    public int Receive(Batch<T> batch, int from)
    {
        int at = from;
        try
        {
            // A writer that took a part may take more at once; one that takes nothing is full and wakes us.
            while (at < batch.Count)
            {
                int n = Write(_writer!, batch, at);
                if ((uint)n > (uint)(batch.Count - at))
                {
                    throw new InvalidOperationException($"the writer says that it took {n} of {batch.Count - at} records");
                }

                at += n;
                if (n == 0)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError($"writing {batch.Count - at} records, the first {Describe.Value(batch.Values[at])}", e);
        }

        int taken = at - from;
        Volatile.Write(ref Metrics.RecordsInCount, Metrics.RecordsInCount + taken);
        return taken;
    }

    // Apart from the try block: a writer that the compiler puts in its place would have its variables in memory there.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Write(ISinkWriter<T> writer, Batch<T> batch, int from) =>
        writer.Write(batch.Values.AsSpan(from, batch.Count - from), batch.Timestamps.AsSpan(from, batch.Count - from));

    public bool Control(in Element element)
    {
        if (element.Kind == ElementKind.Watermark)
        {
            Volatile.Write(ref Metrics.WatermarkMs, element.Value);
        }

        return true;
    }

    /// <summary>Goes on with commits: those of the restored checkpoint at the start, later what failed before.</summary>
    public override bool Advance()
    {
        if (!_isCommitting && !_isClosing && _committedThrough < _completedThrough && _retryAtMs == long.MaxValue)
        {
            BeginCommit();
        }

        return true;
    }

    public override bool OnClock(long nowMs)
    {
        if (nowMs >= _retryAtMs)
        {
            _retryAtMs = long.MaxValue;
            Advance();
        }

        return true;
    }

    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot)
    {
        base.OnBarrier(barrier, snapshot);
        long id = barrier.CheckpointId;
        Func<IReadOnlyList<byte[]>> prepare;
        try
        {
            prepare = _writer!.EndEpoch(id);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError($"ending the epoch of checkpoint {id}", e);
        }

        snapshot.AddWork(
            Setup.Uid, new StateDescription(StateName, StateSectionKind.Committables, null, "bytes", [], []), () => Prepare(id, prepare));
    }

    public override void OnCheckpointCompleted(long checkpointId)
    {
        _completedThrough = Math.Max(_completedThrough, checkpointId);
        if (_committer is null)
        {
            _committedThrough = _completedThrough;
        }

        Advance();
    }

    public override bool HasCommitted(long checkpointId) => _committedThrough >= checkpointId;

    private IEnumerable<ReadOnlyMemory<byte>>? Prepare(long id, Func<IReadOnlyList<byte[]>> prepare)
    {
        IReadOnlyList<byte[]> committables;
        try
        {
            committables = prepare();
        }
        catch (Exception e) when (e is not StreamException or CheckpointStorageException)
        {
            // The epoch cannot be prepared twice, so that a checkpoint that is merely declined would lose it: the attempt fails.
            throw UserError($"preparing checkpoint {id}", e);
        }

        if (committables.Count > 0)
        {
            if (_committer is null)
            {
                throw new JobDefinitionException(
                    $"The sink '{Setup.Name}' prepared output to be committed but is no ITwoPhaseSink. Implement ITwoPhaseSink<{typeof(T).Name}>, or return nothing from EndEpoch.");
            }

            _prepared[(id, Setup.Subtask)] = new PreparedEpoch(committables);
        }

        // One that was committed and left just now is needed no more.
        KeyValuePair<(long Epoch, int Origin), PreparedEpoch>[] open = [.. InOrder(id).Where(e => e.Value.TryEnter())];
        return open.Length == 0 ? null : Pieces(open);
    }

    // Lazily: a sink may keep on disk what it prepared, and give it out payload by payload. What is given up before it is read leaves nothing; nothing depends on that.
    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(KeyValuePair<(long Epoch, int Origin), PreparedEpoch>[] open)
    {
        DataWriter head = new();
        head.WriteInt32(open.Length);
        foreach (((long epoch, int origin), PreparedEpoch prepared) in open)
        {
            head.WriteInt64(epoch);
            head.WriteInt32(origin);
            head.WriteInt32(prepared.Committables.Count);
            foreach (byte[] payload in prepared.Committables)
            {
                head.WriteInt32(payload.Length);
                yield return head.WrittenMemory;
                head.Clear();
                yield return payload;
            }

            prepared.Leave();
        }

        yield return head.WrittenMemory;
    }

    private IEnumerable<KeyValuePair<(long Epoch, int Origin), PreparedEpoch>> InOrder(long through) =>
        _prepared.Where(e => e.Key.Epoch <= through).OrderBy(e => e.Key.Epoch).ThenBy(e => e.Key.Origin);

    // Dealt out by the number of the subtask that prepared them, so that each has one owner at any parallelism, and one owner has all of an origin.
    private void ReadRestored()
    {
        if (_state.Restored is not { } restored)
        {
            return;
        }

        foreach ((_, byte[] bytes) in restored.ReadAll(StateSectionKind.Committables, StateName))
        {
            DataReader reader = new(bytes);
            for (int i = reader.ReadInt32(); i > 0; i--)
            {
                long epoch = reader.ReadInt64();
                int origin = reader.ReadInt32();
                bool isOwn = origin % Setup.Parallelism == Setup.Subtask;
                List<byte[]> payloads = [];
                for (int j = reader.ReadInt32(); j > 0; j--)
                {
                    ReadOnlySpan<byte> payload = reader.ReadBytes(reader.ReadInt32());
                    if (isOwn)
                    {
                        payloads.Add(payload.ToArray());
                    }
                }

                if (isOwn)
                {
                    _prepared[(epoch, origin)] = new PreparedEpoch(payloads);
                }
            }
        }

        foreach (((long epoch, _), PreparedEpoch prepared) in InOrder(long.MaxValue).ToArray())
        {
            _committer!.Restore(epoch, prepared.Committables);
        }
    }

    private void BeginCommit()
    {
        _isCommitting = true;
        long through = _completedThrough;
        Owner.InBackground(
            () =>
            {
                foreach (((long epoch, int origin), PreparedEpoch prepared) in InOrder(through).ToArray())
                {
                    _committer!.Commit(epoch, prepared.Committables);
                    _prepared.TryRemove((epoch, origin), out _);
                    prepared.Leave();
                }

                return through;
            },
            CommitEnded);
    }

    private void CommitEnded(long through, Exception? error)
    {
        _isCommitting = false;
        if (error is null)
        {
            _committedThrough = Math.Max(_committedThrough, through);
            _retryMs = FirstRetryMs;
            Advance();
            return;
        }

        if (error is StreamException { CanRetry: false } or FencedException)
        {
            // Repeating cannot help, and going on would end a job whose output is not there. After a fence the next attempt's entry in the log decides.
            throw UserError($"committing up to checkpoint {through}", error);
        }

        Setup.Host.Log(
            EngineLogLevel.Warning, $"The sink '{Setup.Name}' (subtask {Setup.Subtask}) could not commit up to checkpoint {_completedThrough}; again in {_retryMs} ms: {error.Message}", error);
        _retryAtMs = Setup.Host.NowMs + _retryMs;
        _retryMs = Math.Min(_retryMs * 2, LongestRetryMs);
    }

    private sealed class Context(OperatorSetup setup) : SinkContext
    {
        public override string Job => setup.Job;

        public override string Incarnation => setup.Incarnation;

        public override string OperatorUid => setup.Uid;

        public override string OperatorName => setup.Name;

        public override int Attempt => setup.Attempt;

        public override int Subtask => setup.Subtask;

        public override int Parallelism => setup.Parallelism;

        public override long RestoredCheckpoint => setup.RestoredCheckpoint;

        public override bool IsRestored => setup.IsRestored;

        public override IServiceProvider Services => setup.Host.Services;

        public override void Wake() => setup.Owner?.Host.Wake(setup.Owner);
    }
}
