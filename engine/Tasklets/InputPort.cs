using OrleansStream.Engine.Channels;
using OrleansStream.Engine.InFlight;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Tasklets;

/// <summary>An input of a chain's first operator with its channels, seen by the tasklet without the type of its records.</summary>
internal abstract class InputPort(int channels)
{
    private int _open = channels;

    /// <summary>Joins the watermarks and statuses of the channels.</summary>
    public WatermarkValve Valve { get; } = new(channels);

    /// <summary>What is to go into the operator before the next record of this port.</summary>
    public ControlQueue Controls { get; } = new();

    /// <summary>What was under way to this input in the snapshot that the subtask starts from, until it has been read; channels wait for that.</summary>
    public InFlightReplay? Replay { get; set; }

    /// <summary>Whether all channels have ended.</summary>
    public bool HasEnded => _open == 0;

    /// <summary>A channel has ended; the operator learns of the last one.</summary>
    public void EndChannel(int channel)
    {
        Controls.Add(Valve.OnEnd(channel));
        if (--_open == 0)
        {
            Controls.Add(Element.EndOfInput);
        }
    }

    /// <summary>Hands on control elements.</summary>
    /// <returns>Whether none is left.</returns>
    public bool SendControls()
    {
        while (!Controls.IsEmpty)
        {
            if (!Control(Controls.First))
            {
                return false;
            }

            Controls.RemoveFirst();
        }

        return true;
    }

    public abstract int Count(object batch);

    public abstract int Receive(object batch, int from);

    /// <summary>Empties a batch that has been read.</summary>
    public abstract void Reset(object batch);

    protected abstract bool Control(in Element element);
}

internal sealed class InputPort<T>(IReceiver<T> receiver, int channels) : InputPort(channels)
{
    public override int Count(object batch) => ((Batch<T>)batch).Count;

    public override int Receive(object batch, int from) => receiver.Receive((Batch<T>)batch, from);

    public override void Reset(object batch) => ((Batch<T>)batch).Reset();

    protected override bool Control(in Element element) => receiver.Control(in element);
}

/// <summary>A channel that comes into a tasklet.</summary>
internal sealed class InputChannel(Channel channel, InputPort port, int index)
{
    public Channel Channel { get; } = channel;

    public InputPort Port { get; } = port;

    /// <summary>The number of the channel at its port.</summary>
    public int Index { get; } = index;

    /// <summary>Whether it has delivered the barrier of the checkpoint that is being aligned.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Where unaligned snapshots keep what is under way; null if they are off, or never do.</summary>
    public InFlightEdge? Edge { get; init; }

    /// <summary>Whether barriers never overtake in it: a broadcast edge.</summary>
    public bool IsAlwaysAligned { get; init; }

    /// <summary>The announcement that was taken note of last.</summary>
    public BarrierAnnouncement? Noted { get; set; }

    /// <summary>Where a barrier stands that has overtaken at the sender and waits for others here; −1 for none. What is behind it is not read.</summary>
    public long BarrierAt { get; set; } = -1;

    /// <summary>Records what stood before the barrier of a snapshot that was taken already; null if none is awaited.</summary>
    public InFlightSequence? Recording { get; set; }

    /// <summary>The first position that is not recorded yet.</summary>
    public long RecordFrom { get; set; }

    /// <summary>Records what is about to be read, if it has not been already.</summary>
    public void Record(in Element element)
    {
        if (Channel.ReadPosition >= RecordFrom)
        {
            Recording!.Add(in element, 0);
            RecordFrom = Channel.ReadPosition + 1;
        }
    }

    /// <summary>Records what waits before a position, which is known to have been put in.</summary>
    public void RecordThrough(long position)
    {
        for (long at = Math.Max(RecordFrom, Channel.ReadPosition); at < position; at++)
        {
            Recording!.Add(in Channel.At(at), 0);
        }

        Recording = null;
    }

    public override string ToString() => $"the channel from subtask {Channel.From}";
}
