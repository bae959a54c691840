using OrleansStream.Engine.Channels;

namespace OrleansStream.Engine.Tasklets;

/// <summary>
/// Waits until the barrier of a checkpoint has come from all channels, and holds those that have delivered it. A barrier of a newer checkpoint ends the wait for an older one, so that a
/// checkpoint that was aborted somewhere cannot hold a channel for ever.
/// </summary>
internal sealed class BarrierAlignment(IReadOnlyList<InputChannel> channels, bool hold)
{
    private readonly HashSet<long> _aborted = [];
    private readonly HashSet<InputChannel> _delivered = [];
    private CheckpointBarrier? _current;
    private long _last;

    /// <summary>The checkpoint that is being aligned; 0 for none.</summary>
    public long Current => _current?.CheckpointId ?? 0;

    /// <summary>A barrier came.</summary>
    /// <param name="channel">Where from.</param>
    /// <param name="barrier">The barrier.</param>
    /// <param name="superseded">The older checkpoint whose alignment it ended; 0 for none.</param>
    /// <returns>Whether it was the last one: the snapshot is to be taken.</returns>
    public bool OnBarrier(InputChannel channel, CheckpointBarrier barrier, out long superseded)
    {
        superseded = 0;
        long id = barrier.CheckpointId;
        if (id <= _last || _aborted.Contains(id) || id < Current)
        {
            return false;
        }

        if (id > Current)
        {
            superseded = Current;
            Release();
            _current = barrier;
        }

        if (!_delivered.Add(channel))
        {
            throw new InvariantViolatedException($"The barrier of checkpoint {id} came twice from the channel of subtask {channel.Channel.From}.");
        }

        channel.IsHeld = hold;
        if (_delivered.Count < channels.Count)
        {
            return false;
        }

        _last = id;
        _aborted.RemoveWhere(a => a <= id);
        Release();
        return true;
    }

    /// <summary>A checkpoint was given up: its barriers are ignored from now on.</summary>
    public void Abort(long id)
    {
        if (id <= _last)
        {
            return;
        }

        _aborted.Add(id);
        if (id == Current)
        {
            Release();
        }
    }

    private void Release()
    {
        foreach (InputChannel channel in _delivered)
        {
            channel.IsHeld = false;
        }

        _delivered.Clear();
        _current = null;
    }
}
