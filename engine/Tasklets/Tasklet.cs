using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Sources;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tasklets;

/// <summary>
/// One subtask: a chain of operators with its input channels or its source, and the channels that leave it. Cooperative: <see cref="Run"/> does a bounded amount of work. Everything that
/// was emitted has left the chain before the next record, timer, watermark or barrier is taken, so that the subtask can be suspended between any two of them, and only there.
/// </summary>
internal sealed partial class Tasklet : Runnable
{
    private const int StepsPerRun = 8;

    private readonly TaskletSetup _setup;
    private readonly Action<SubtaskEvent> _report;
    private readonly Queue<(CheckpointBarrier Barrier, long AtMs)> _triggers = new();
    private readonly Queue<OpenSnapshot> _toWrite = new();
    private Chain? _chain;
    private BarrierAlignment? _alignment;
    private CheckpointBarrier? _aligned;
    private Phase _phase = Phase.Opening;
    private int _nextChannel;
    private InputChannel? _reading;
    private object? _batch;
    private int _batchFrom;
    private long _completedThrough;
    private long _committedReported;
    private bool _isWriting;
    private bool _isStopping;
    private bool _isClosing;
    private long _clockDueMs;
    private bool _reportedEnd;
    private Exception? _failure;

    public Tasklet(IEngineHost host, TaskletSetup setup, Action<SubtaskEvent> report) : base(host, setup.Name)
    {
        _setup = setup;
        _report = report;
        _committedReported = _completedThrough = setup.RestoredCheckpoint;
    }

    private enum Phase
    {
        Opening,
        Running,
        Closing,
        Closed,
    }

    private enum Step
    {
        Nothing,
        Taken,
        Refused,
    }

    public SubtaskId Id => _setup.Id;

    /// <summary>The operators' counts; empty until the subtask runs.</summary>
    public IReadOnlyList<OperatorMetrics> Metrics { get; private set; } = [];

    /// <summary>Elements that wait in the input channels.</summary>
    public int QueuedElements => _chain?.Channels.Sum(c => c.Channel.Count) ?? 0;

    /// <summary>Asks a source subtask to take part in a checkpoint. Any thread.</summary>
    public void Trigger(CheckpointBarrier barrier) => Post(() =>
    {
        _triggers.Enqueue((barrier, Host.NowMs));
        _mayOvertake |= barrier.Unaligned;
    });

    /// <summary>Gives splits to a source subtask. Any thread.</summary>
    public void AssignSplits(IReadOnlyList<AssignedSplit> splits, bool noMore) => Post(() =>
    {
        if (_phase == Phase.Running && _chain?.Source is { } source)
        {
            source.AddSplits(splits);
            if (noMore)
            {
                source.NoMoreSplits();
            }
        }
    });

    /// <summary>A checkpoint has completed. Any thread.</summary>
    public void Complete(long checkpointId) => Post(() =>
    {
        if (_phase == Phase.Running && checkpointId > _completedThrough)
        {
            _completedThrough = checkpointId;
            KeysCompleted(checkpointId);
            foreach (Operator op in _chain!.Operators)
            {
                op.OnCheckpointCompleted(checkpointId);
            }
        }
    });

    /// <summary>A checkpoint was given up. Any thread.</summary>
    public void Abort(long checkpointId) => Post(() =>
    {
        _alignment?.Abort(checkpointId);
        Abandon(checkpointId);
    });

    public override string Describe()
    {
        if (_chain is not { } chain)
        {
            return $"{_phase}";
        }

        string inputs = string.Join("; ", chain.Channels.Select(c =>
            $"from {c.Channel.From}: {c.Channel.Count} queued, watermark {c.Port.Valve.ChannelWatermark(c.Index)}"
            + $"{(c.Port.Valve.IsChannelIdle(c.Index) ? ", idle" : "")}{(c.Port.Valve.HasChannelEnded(c.Index) ? ", ended" : "")}{(c.IsHeld ? ", held for a barrier" : "")}"));
        string outputs = string.Join("; ", chain.Exits.SelectMany(e => e.Channels).Select(c => $"to {c.To}: {c.Count} queued"));
        return $"{_phase}, aligning {_alignment?.Current ?? 0}, writing {(_isWriting ? "yes" : "no")}, {_toWrite.Count} snapshots open, replaying {(_replaying || _replayedInChain < chain.Replays.Length ? "yes" : "no")}, unread batch {(_batch is null ? "no" : "yes")}, "
            + $"pending output {chain.Operators.Sum(o => o.Links.Sum(l => l.Pending))}, backlog {(chain.Exits.Any(e => e.HasBacklog) ? "yes" : "no")}, in [{inputs}], out [{outputs}]";
    }

    public override Progress Run()
    {
        try
        {
            bool mail = TakeMail();
            if (_isStopping && _phase == Phase.Running)
            {
                BeginClosing();
            }

            CloseIfIdle();
            return _phase switch
            {
                Phase.Running => RunChain(mail),
                Phase.Closed => Progress.Done,
                _ => Progress.Idle,
            };
        }
#pragma warning disable CA1031 // Whatever goes wrong fails the subtask, not the worker.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
            return Progress.Made;
        }
    }

    private Progress RunChain(bool mail)
    {
        Chain chain = _chain!;
        long now = Host.NowMs;
        Progress progress = mail ? Progress.Made : Progress.Idle;
        bool isBlocked = false;
        LookAfterCalls(chain, now);
        for (int i = 0; i < StepsPerRun; i++)
        {
            if (_mayOvertake && Overtake(chain, now))
            {
                progress = Progress.Made;
            }

            Step step = Advance(chain, now) ? Read(chain) : Step.Refused;
            if (step != Step.Taken)
            {
                isBlocked = step == Step.Refused;
                break;
            }

            progress = Progress.Made;
        }

        long next = long.MaxValue;
        foreach (ExchangeWriter exit in chain.Exits)
        {
            exit.FlushIdle(now);
            next = Math.Min(next, exit.FlushDueMs);
        }

        foreach (Operator op in chain.Operators)
        {
            next = Math.Min(next, op.NextClockMs);
        }

        // A clock that is due can do nothing while the output is full, and whoever frees it wakes us: a wake-up in the past would only spin.
        _clockDueMs = next;
        NextWakeMs = Math.Min(isBlocked && next <= now ? long.MaxValue : next, NextDeadline());
        if (_mayOvertake && OvertakesAtMs is long overtakes && overtakes > now)
        {
            NextWakeMs = Math.Min(NextWakeMs, overtakes);
        }

        ReportEnds(chain);
        return isBlocked && progress == Progress.Idle ? Progress.Blocked : progress;
    }

    /// <summary>Moves everything on that has been begun, from the end of the chain to its start.</summary>
    /// <returns>Whether the next record or barrier may be taken.</returns>
    private bool Advance(Chain chain, long now)
    {
        foreach (ExchangeWriter exit in chain.Exits)
        {
            if (!exit.Drain())
            {
                return false;
            }
        }

        if (_replayedInChain < chain.Replays.Length && !ReplayInChain(chain))
        {
            return false;
        }

        Operator[] operators = chain.Operators;
        for (int i = operators.Length - 1; i >= 0; i--)
        {
            if (!operators[i].Advance())
            {
                return false;
            }
        }

        foreach (InputPort port in chain.Ports)
        {
            if (!port.SendControls())
            {
                return false;
            }
        }

        if (now >= _clockDueMs)
        {
            foreach (Operator op in operators)
            {
                if (now >= op.NextClockMs && !op.OnClock(now))
                {
                    return false;
                }
            }
        }

        if (_batch is null && _aligned is { } barrier)
        {
            if (!Settle())
            {
                return false;
            }

            _aligned = null;
            TakeSnapshot(chain, barrier);
        }

        if (chain.Source is not null && _triggers.TryPeek(out (CheckpointBarrier Barrier, long AtMs) first))
        {
            CheckpointBarrier trigger = first.Barrier;
            if (trigger.Stop && !chain.Source.IsStopped)
            {
                chain.Source.Stop(trigger.Drain);
                if (!chain.Source.Advance())
                {
                    return false;
                }
            }

            _triggers.Dequeue();
            TakeSnapshot(chain, trigger);
        }

        // A barrier that did not fit holds back the next record like anything else.
        foreach (ExchangeWriter exit in chain.Exits)
        {
            if (!exit.Drain())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes the next thing from the source or a channel.</summary>
    private Step Read(Chain chain)
    {
        if (chain.Source is { } source)
        {
            return source.Poll() ? Step.Taken : Step.Nothing;
        }

        if (_batch is not null)
        {
            return ReadBatch();
        }

        if (_replaying)
        {
            return Replay(chain);
        }

        InputChannel[] channels = chain.Channels;
        for (int i = 0; i < channels.Length; i++)
        {
            InputChannel channel = channels[_nextChannel];
            _nextChannel = _nextChannel + 1 == channels.Length ? 0 : _nextChannel + 1;
            if (channel.IsHeld)
            {
                continue;
            }

            ref readonly Element next = ref channel.Channel.TryPeek(out bool found);
            if (found)
            {
                return PassesBarrier(channel) ? Take(channel, next) : Step.Taken;
            }
        }

        return Step.Nothing;
    }

    private Step Take(InputChannel channel, Element element)
    {
        if (channel.Port.Replay is not null)
        {
            ProtocolInvariant.Require(13, false, $"{channel} of subtask {Id} is read while restored records of its edge wait");
        }

        if (channel.Recording is not null)
        {
            channel.Record(in element);
        }

        if (element.Kind == ElementKind.Batch)
        {
            _reading = channel;
            _batch = element.Payload;
            _batchFrom = 0;
            return ReadBatch();
        }

        channel.Channel.Advance();
        InputPort port = channel.Port;
        switch (element.Kind)
        {
            case ElementKind.Watermark:
                port.Controls.Add(port.Valve.OnWatermark(channel.Index, element.Value));
                break;
            case ElementKind.Status:
                port.Controls.Add(port.Valve.OnStatus(channel.Index, element.IsIdle));
                break;
            case ElementKind.EndOfInput:
                port.EndChannel(channel.Index);
                break;
            case ElementKind.Barrier:
                TakeBarrier(channel, (CheckpointBarrier)element.Payload!);
                break;
            default:
                throw new InvariantViolatedException($"An element of kind {element.Kind} came through a channel.");
        }

        return Step.Taken;
    }

    private Step ReadBatch()
    {
        InputPort port = _reading!.Port;
        int count = port.Count(_batch!);
        int taken = port.Receive(_batch!, _batchFrom);
        _batchFrom += taken;
        if (_batchFrom < count)
        {
            // Nothing taken means that the operator itself refuses, as a sink may: it wakes the subtask.
            return taken > 0 ? Step.Taken : Step.Refused;
        }

        port.Reset(_batch!);
        Channel channel = _reading.Channel;
        channel.Advance();
        channel.ReturnEmpty(_batch!);
        _batch = null;
        _reading = null;
        return Step.Taken;
    }

    private void Report(SubtaskEvent e) => _report(e);
}
