using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Engine.Tasklets;

/// <summary>
/// Waits until the barrier of a checkpoint has come from all channels, or, unaligned, until it may go ahead of what they still hold. Exactly once: holds those that have delivered it, so that one checkpoint is aligned at a time; a barrier of a newer one ends the wait
/// for an older one, so that a checkpoint that was aborted somewhere cannot hold a channel for ever. At least once: channels go on, and barriers of several checkpoints may be awaited at once.
/// </summary>
internal sealed class BarrierAlignment(IReadOnlyList<InputChannel> channels, bool hold)
{
    private readonly HashSet<long> _aborted = [];
    private readonly SortedDictionary<long, HashSet<InputChannel>> _delivered = [];
    private long _last;
    private CheckpointBarrier? _unaligned;

    /// <summary>The oldest checkpoint that is being aligned; 0 for none.</summary>
    public long Current => _delivered.Count == 0 ? 0 : _delivered.First().Key;

    /// <summary>When the barrier that is awaited overtakes, by the host's clock; <c>long.MinValue</c> for at once, <c>long.MaxValue</c> for never. Stays when the barrier has come from all channels, until <see cref="Taken"/>.</summary>
    public long OvertakesAtMs { get; private set; } = long.MaxValue;

    /// <summary>A barrier is on its way in a channel, or has overtaken at its sender.</summary>
    /// <param name="channel">Where.</param>
    /// <param name="announced">The barrier and its place.</param>
    /// <param name="nowMs">The host's clock.</param>
    /// <param name="superseded">The older checkpoints whose alignment it ended.</param>
    public void OnAnnounced(InputChannel channel, BarrierAnnouncement announced, long nowMs, out IReadOnlyList<long> superseded)
    {
        CheckpointBarrier barrier = announced.Barrier;
        if (!Begin(barrier, out superseded, out _))
        {
            return;
        }

        if (announced.Overtakes)
        {
            ProtocolInvariant.Require(
                9, channel.Channel.ReadPosition <= announced.Position,
                $"{channel} was read to {channel.Channel.ReadPosition}, and the barrier of checkpoint {barrier.CheckpointId} stands at {announced.Position}");
            channel.BarrierAt = announced.Position;
        }

        _unaligned = barrier;
        // What has overtaken upstream, here or on another node, must be recorded here, so the subtask overtakes too, also if the barrier comes from all channels at this very moment or the clock is set back.
        OvertakesAtMs = Math.Min(OvertakesAtMs, announced.Overtakes || barrier.AlignedTimeoutMs == 0 ? long.MinValue : nowMs + barrier.AlignedTimeoutMs);
    }

    /// <summary>The barrier that is to overtake now: its time has come, and channels that it cannot overtake in have delivered it.</summary>
    public CheckpointBarrier? DueToOvertake(long nowMs)
    {
        if (_unaligned is not { } barrier || nowMs < OvertakesAtMs)
        {
            return null;
        }

        foreach (InputChannel channel in channels)
        {
            if (channel.IsAlwaysAligned && !channel.IsHeld)
            {
                return null;
            }
        }

        return barrier;
    }

    /// <summary>The snapshot has been taken; barriers of it that come later are ignored.</summary>
    public void Taken(CheckpointBarrier barrier)
    {
        _last = Math.Max(_last, barrier.CheckpointId);
        _aborted.RemoveWhere(a => a <= _last);
        Release(barrier.CheckpointId);
        if (_unaligned is null || _unaligned.CheckpointId <= barrier.CheckpointId)
        {
            Forget();
        }
    }

    /// <summary>A barrier came.</summary>
    /// <param name="channel">Where from.</param>
    /// <param name="barrier">The barrier.</param>
    /// <param name="superseded">The older checkpoints whose alignment it ended.</param>
    /// <returns>Whether it was the last one: the snapshot is to be taken.</returns>
    public bool OnBarrier(InputChannel channel, CheckpointBarrier barrier, out IReadOnlyList<long> superseded)
    {
        long id = barrier.CheckpointId;
        if (!Begin(barrier, out superseded, out HashSet<InputChannel> from))
        {
            return false;
        }

        if (!from.Add(channel))
        {
            throw new InvariantViolatedException($"The barrier of checkpoint {id} came twice from the channel of subtask {channel.Channel.From}.");
        }

        channel.IsHeld = hold;
        channel.BarrierAt = -1;
        if (from.Count < channels.Count)
        {
            return false;
        }

        _last = id;
        _unaligned = null;
        _aborted.RemoveWhere(a => a <= id);
        Release(id);
        if (_delivered.Count > 0 && Current < id)
        {
            superseded = [.. _delivered.Keys.Where(older => older < id)];
            foreach (long older in superseded)
            {
                Release(older);
            }
        }

        return true;
    }

    /// <summary>A checkpoint was given up: its barriers are ignored from now on.</summary>
    public void Abort(long id)
    {
        if (id > _last)
        {
            _aborted.Add(id);
            Release(id);
            if (_unaligned?.CheckpointId == id)
            {
                Forget();
            }
        }
    }

    /// <summary>Takes note of a barrier, and gives up on an older one.</summary>
    /// <returns>False if it is to be ignored.</returns>
    private bool Begin(CheckpointBarrier barrier, out IReadOnlyList<long> superseded, out HashSet<InputChannel> from)
    {
        superseded = [];
        long id = barrier.CheckpointId;
        if (id <= _last || _aborted.Contains(id) || (hold && id < Current))
        {
            from = [];
            return false;
        }

        if (hold && _delivered.Count > 0 && id > Current)
        {
            superseded = [Current];
            Release(Current);
            Forget();
        }

        if (!_delivered.TryGetValue(id, out HashSet<InputChannel>? delivered))
        {
            _delivered.Add(id, delivered = []);
        }

        from = delivered;
        return true;
    }

    private void Forget()
    {
        _unaligned = null;
        OvertakesAtMs = long.MaxValue;
        foreach (InputChannel channel in channels)
        {
            channel.BarrierAt = -1;
        }
    }

    private void Release(long id)
    {
        if (_delivered.Remove(id, out HashSet<InputChannel>? from))
        {
            foreach (InputChannel channel in from)
            {
                channel.IsHeld = false;
            }
        }
    }
}
