using OrleansStream.Engine.Channels;

namespace OrleansStream.Engine.Tasklets;

/// <summary>
/// Waits until the barrier of a checkpoint has come from all channels. Exactly once: holds those that have delivered it, so that one checkpoint is aligned at a time; a barrier of a newer one ends the wait
/// for an older one, so that a checkpoint that was aborted somewhere cannot hold a channel for ever. At least once: channels go on, and barriers of several checkpoints may be awaited at once.
/// </summary>
internal sealed class BarrierAlignment(IReadOnlyList<InputChannel> channels, bool hold)
{
    private readonly HashSet<long> _aborted = [];
    private readonly SortedDictionary<long, HashSet<InputChannel>> _delivered = [];
    private long _last;

    /// <summary>The oldest checkpoint that is being aligned; 0 for none.</summary>
    public long Current => _delivered.Count == 0 ? 0 : _delivered.First().Key;

    /// <summary>A barrier came.</summary>
    /// <param name="channel">Where from.</param>
    /// <param name="barrier">The barrier.</param>
    /// <param name="superseded">The older checkpoints whose alignment it ended.</param>
    /// <returns>Whether it was the last one: the snapshot is to be taken.</returns>
    public bool OnBarrier(InputChannel channel, CheckpointBarrier barrier, out IReadOnlyList<long> superseded)
    {
        superseded = [];
        long id = barrier.CheckpointId;
        if (id <= _last || _aborted.Contains(id) || (hold && id < Current))
        {
            return false;
        }

        if (hold && _delivered.Count > 0 && id > Current)
        {
            superseded = [Current];
            Release(Current);
        }

        if (!_delivered.TryGetValue(id, out HashSet<InputChannel>? from))
        {
            _delivered.Add(id, from = []);
        }

        if (!from.Add(channel))
        {
            throw new InvariantViolatedException($"The barrier of checkpoint {id} came twice from the channel of subtask {channel.Channel.From}.");
        }

        channel.IsHeld = hold;
        if (from.Count < channels.Count)
        {
            return false;
        }

        _last = id;
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
