using OrleansStream.Engine.Channels;
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
}
