using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.InFlight;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Tasklets;

/// <content>
/// Barriers that overtake. The subtask takes its snapshot at once, whatever waits in it, sends the barrier ahead, and goes on; what stood before the barrier is recorded: at once where it is still here or in an
/// input channel, as it is read where the barrier has not come yet.
/// </content>
internal sealed partial class Tasklet
{
    private bool _mayOvertake;
    private bool _replaying;
    private int _replayedInChain;

    /// <summary>When something that waits overtakes, by the host's clock.</summary>
    private long OvertakesAtMs
    {
        get
        {
            long at = _alignment!.OvertakesAtMs;
            foreach ((CheckpointBarrier barrier, long atMs) in _triggers)
            {
                at = barrier.Unaligned ? Math.Min(at, atMs + barrier.AlignedTimeoutMs) : at;
            }

            foreach (OpenSnapshot open in _toWrite)
            {
                at = Math.Min(at, open.OvertakesAtMs);
            }

            return at;
        }
    }

    /// <summary>Lets a barrier overtake if it is time.</summary>
    /// <returns>Whether one did.</returns>
    private bool Overtake(Chain chain, long now)
    {
        bool any = LeaveOutboxes(chain, now);
        if (chain.Source is not null)
        {
            if (_triggers.TryPeek(out (CheckpointBarrier Barrier, long AtMs) trigger) && trigger.Barrier.Unaligned && now >= trigger.AtMs + trigger.Barrier.AlignedTimeoutMs
                && HandOn(chain))
            {
                _triggers.Dequeue();
                TakeUnaligned(chain, trigger.Barrier, isAligned: true);
                any = true;
            }
        }
        else if (_aligned is { Unaligned: true } aligned)
        {
            if (now >= _alignment!.OvertakesAtMs && Settle())
            {
                _aligned = null;
                HandOn(chain);
                TakeUnaligned(chain, aligned, isAligned: true);
                any = true;
            }
        }
        else if (_aligned is null && _alignment!.DueToOvertake(now) is { } barrier && Settle())
        {
            HandOn(chain);
            TakeUnaligned(chain, barrier, isAligned: false);
            any = true;
        }

        _mayOvertake = OvertakesAtMs != long.MaxValue;
        return any;
    }

    /// <summary>
    /// Empties the chain as far as it goes: exits take everything. What a busy sink has not taken stays where it is and is stored as under way to it. The source's own output must be empty, since how far its
    /// watermarks are is known for whole batches only; before a busy sink it waits, for one batch at most.
    /// </summary>
    /// <returns>False if the snapshot must wait.</returns>
    private bool HandOn(Chain chain)
    {
        Absorb(chain, true);

        // While something is replayed in its chain a source has read nothing; only the restored watermark waits in it, which must not come past that.
        int first = chain.Source is not null && _replayedInChain < chain.Replays.Length ? 1 : 0;
        bool isEmpty = true;
        for (int i = chain.Operators.Length - 1; i >= first; i--)
        {
            isEmpty = chain.Operators[i].Advance();
        }

        Absorb(chain, false);

        return isEmpty || chain.Source is null || first > 0;
    }

    private void TakeUnaligned(Chain chain, CheckpointBarrier barrier, bool isAligned)
    {
        ProtocolInvariant.Require(14, !barrier.Stop, $"the barrier of checkpoint {barrier.CheckpointId}, with which the job stops, overtakes");
        long cpu = Host.ThreadCpuNs;
        long wall = Host.MonotonicNs;
        SnapshotCollector snapshot = new(barrier.CheckpointId);
        Absorb(chain, true);
        foreach (Operator op in chain.Operators)
        {
            op.OnBarrier(barrier, snapshot);
            foreach (OutputLink link in op.Links)
            {
                link.CapturePending(snapshot, Id.Index);
            }
        }

        Absorb(chain, false);

        foreach (ExchangeWriter exit in chain.Exits)
        {
            exit.Overtake(barrier, snapshot, Id.Index);
        }

        for (int i = _replayedInChain; i < chain.Replays.Length; i++)
        {
            chain.Replays[i].Capture(snapshot, Id.Index);
        }

        foreach (InputPort port in chain.Ports)
        {
            port.Replay?.Capture(snapshot, Id.Index);
        }

        int awaited = 0;
        foreach (InputChannel channel in chain.Channels)
        {
            bool hasCome = isAligned || channel.IsHeld;
            ProtocolInvariant.Require(12, hasCome || !channel.IsAlwaysAligned, $"checkpoint {barrier.CheckpointId} overtakes in {channel}, a broadcast");
            ProtocolInvariant.Require(10, channel.Recording is null, $"{channel} is recorded for a checkpoint before {barrier.CheckpointId}");
            if (!channel.IsAlwaysAligned)
            {
                awaited += BeginRecording(channel, barrier, snapshot, hasCome) ? 1 : 0;
            }
        }

        KeysSnapshotted(barrier.CheckpointId);
        _alignment!.Taken(barrier);
        _toWrite.Enqueue(new OpenSnapshot(barrier, snapshot, Host.ThreadCpuNs - cpu, Host.MonotonicNs - wall) { AwaitedChannels = awaited });
        WriteNext();
    }

    /// <summary>Records what is in a channel before the barrier.</summary>
    /// <returns>Whether the barrier is still to come.</returns>
    private bool BeginRecording(InputChannel channel, CheckpointBarrier barrier, SnapshotCollector snapshot, bool hasCome)
    {
        InFlightSequence sequence = channel.Edge!.NewSequence(channel.Channel.From, channel.Channel.To, InFlightPart.Received);
        snapshot.AddInFlight(channel.Edge, sequence);
        WatermarkValve valve = channel.Port.Valve;
        if (valve.ChannelWatermark(channel.Index) is var watermark and not WatermarkChange.NoWatermark)
        {
            sequence.AddControl(Element.Watermark(watermark));
        }

        if (valve.IsChannelIdle(channel.Index))
        {
            sequence.AddControl(Element.Status(idle: true));
        }

        if (hasCome)
        {
            return false;
        }

        channel.Recording = sequence;
        channel.RecordFrom = channel.Channel.ReadPosition;
        if (ReferenceEquals(_reading, channel))
        {
            sequence.AddRecords(_batch!, _batchFrom);
            channel.RecordFrom++;
        }

        if (channel.Noted is { } noted && noted.Barrier.CheckpointId == barrier.CheckpointId)
        {
            channel.RecordThrough(noted.Position);
            return false;
        }

        return true;
    }

    /// <summary>The barrier of a snapshot that was taken already has come to a place in a channel.</summary>
    private void EndRecording(InputChannel channel, long checkpointId, long position)
    {
        if (channel.Recording is null || Growing() is not { } open || open.Barrier.CheckpointId != checkpointId)
        {
            return;
        }

        channel.RecordThrough(position);
        open.AwaitedChannels--;
        WriteNext();
    }

    /// <summary>Takes note of a barrier that was announced in a channel.</summary>
    private void NoteAnnouncement(InputChannel channel)
    {
        if (_phase != Phase.Running || channel.Channel.Announced is not { } announced || ReferenceEquals(announced, channel.Noted))
        {
            return;
        }

        channel.Noted = announced;
        CheckpointBarrier barrier = announced.Barrier;
        if (Growing() is { } open && open.Barrier.CheckpointId < barrier.CheckpointId)
        {
            Decline([open.Barrier.CheckpointId], barrier);
            Abandon(open.Barrier.CheckpointId);
        }

        if (_aligned is { } aligned && aligned.CheckpointId < barrier.CheckpointId)
        {
            _aligned = null;
            Decline([aligned.CheckpointId], barrier);
        }

        EndRecording(channel, barrier.CheckpointId, announced.Position);
        _alignment!.OnAnnounced(channel, announced, Host.NowMs, out IReadOnlyList<long> superseded);
        Decline(superseded, barrier);
        _mayOvertake |= _alignment.OvertakesAtMs != long.MaxValue;
    }

    /// <summary>A barrier has been read, or what stands before its place has been.</summary>
    private void TakeBarrier(InputChannel channel, CheckpointBarrier barrier)
    {
        EndRecording(channel, barrier.CheckpointId, channel.Channel.ReadPosition);
        if (_alignment!.OnBarrier(channel, barrier, out IReadOnlyList<long> superseded))
        {
            _aligned = barrier;
        }

        Decline(superseded, barrier);
    }

    /// <summary>Before something is read from a channel.</summary>
    /// <returns>False if a barrier comes first.</returns>
    private bool PassesBarrier(InputChannel channel)
    {
        if (!ReferenceEquals(channel.Channel.Announced, channel.Noted))
        {
            NoteAnnouncement(channel);
            return false;
        }

        if (channel.BarrierAt < 0 || channel.BarrierAt != channel.Channel.ReadPosition)
        {
            return true;
        }

        TakeBarrier(channel, channel.Noted!.Barrier);
        return false;
    }

    /// <summary>The snapshot that still grows; unaligned checkpoints do not overlap, so that there is one at most.</summary>
    private OpenSnapshot? Growing()
    {
        foreach (OpenSnapshot open in _toWrite)
        {
            if (!open.IsComplete)
            {
                return open;
            }
        }

        return null;
    }

    /// <summary>A checkpoint was given up: what was recorded for it is dropped.</summary>
    private void Abandon(long checkpointId)
    {
        if (Growing() is { } open && open.Barrier.CheckpointId == checkpointId)
        {
            open.IsAbandoned = true;
            foreach (InputChannel channel in _chain!.Channels)
            {
                channel.Recording = null;
            }

            WriteNext();
        }
    }

    private void Decline(IReadOnlyList<long> superseded, CheckpointBarrier newer)
    {
        foreach (long older in superseded)
        {
            Report(new SubtaskDeclined(_setup.Job, _setup.Attempt, Id, older, $"the barrier of checkpoint {newer.CheckpointId} overtook it"));
        }
    }

    // Else the sender has stored records for which the receiver has no place.
    private void RequireNoneOvertook(Chain chain, CheckpointBarrier barrier)
    {
        foreach (InputChannel channel in chain.Channels)
        {
            ProtocolInvariant.Require(
                9, channel.Noted is not { Overtakes: true } noted || noted.Barrier.CheckpointId != barrier.CheckpointId,
                $"subtask {Id} takes an aligned snapshot for checkpoint {barrier.CheckpointId}, whose barrier has overtaken in {channel}");
        }
    }

    /// <summary>A barrier that may overtake has gone behind everything; where there is no room for it, it waits for its time.</summary>
    private void AwaitRoom(Chain chain, OpenSnapshot open)
    {
        foreach (ExchangeWriter exit in chain.Exits)
        {
            if (exit.HasQueued(open.Barrier))
            {
                open.OvertakesAtMs = Host.NowMs + open.Barrier.AlignedTimeoutMs;
                _mayOvertake = true;
            }
        }
    }

    /// <summary>Sends barriers that have waited in outboxes for too long ahead, and notices those that have found room.</summary>
    private bool LeaveOutboxes(Chain chain, long now)
    {
        if (Growing() is not { } open || open.OvertakesAtMs == long.MaxValue)
        {
            return false;
        }

        bool waits = false;
        foreach (ExchangeWriter exit in chain.Exits)
        {
            waits |= exit.HasQueued(open.Barrier);
            if (waits && now >= open.OvertakesAtMs)
            {
                exit.OvertakeQueued(open.Barrier, open.State, Id.Index);
            }
        }

        if (waits && now < open.OvertakesAtMs)
        {
            return false;
        }

        open.OvertakesAtMs = long.MaxValue;
        WriteNext();
        return waits;
    }

    /// <summary>Goes on with what was under way between the operators, from the last one to the first.</summary>
    /// <returns>Whether all of it has been read.</returns>
    private bool ReplayInChain(Chain chain)
    {
        while (_replayedInChain < chain.Replays.Length)
        {
            InFlightReplay replay = chain.Replays[_replayedInChain];
            if (replay.IsDone)
            {
                _replayedInChain++;
            }
            else if (!replay.TryStep(null))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Goes on with what was under way to the inputs, before anything new.</summary>
    private Step Replay(Chain chain)
    {
        bool refused = false;
        foreach (InputPort port in chain.Ports)
        {
            if (port.Replay is not { } replay)
            {
                continue;
            }

            if (!replay.TryStep(port.Controls))
            {
                refused = true;
                continue;
            }

            if (replay.IsDone)
            {
                port.Replay = null;
            }

            return Step.Taken;
        }

        _replaying = refused;
        return refused ? Step.Refused : Step.Taken;
    }
}
