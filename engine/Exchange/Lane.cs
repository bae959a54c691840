using OrleansStream.Engine.Channels;
using OrleansStream.Engine.InFlight;

namespace OrleansStream.Engine.Exchange;

/// <summary>
/// The way to one receiving subtask: a batch that is being filled, and an outbox for sealed elements that the channel has no room for, in order.
/// </summary>
internal sealed class Lane<TBatch>(Channel channel) where TBatch : class
{
    private readonly Queue<Element> _outbox = new();

    public Channel Channel { get; } = channel;

    /// <summary>The batch that is being filled; null if none is.</summary>
    public TBatch? Building;

    public bool HasBacklog => _outbox.Count > 0;

    public int Backlog => _outbox.Count;

    /// <summary>Moves what waits into the channel as far as there is room.</summary>
    /// <returns>Whether nothing waits any more.</returns>
    public bool Drain()
    {
        while (_outbox.TryPeek(out Element element))
        {
            if (!Channel.TryEnqueue(in element))
            {
                return false;
            }

            _outbox.Dequeue();
        }

        return true;
    }

    /// <summary>Whether a barrier waits in the outbox.</summary>
    public bool HasQueued(CheckpointBarrier barrier)
    {
        foreach (Element element in _outbox)
        {
            if (ReferenceEquals(element.Payload, barrier))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Sends a barrier ahead of all that waits here, and records what it overtakes. If it waits in the outbox itself, only what is before it there is overtaken.
    /// </summary>
    public void Overtake(CheckpointBarrier barrier, InFlightSequence unsent)
    {
        bool found = false;
        for (int left = _outbox.Count; left > 0; left--)
        {
            Element element = _outbox.Dequeue();
            if (ReferenceEquals(element.Payload, barrier))
            {
                found = true;
                continue;
            }

            _outbox.Enqueue(element);
            if (!found)
            {
                unsent.Add(in element, 0);
            }
        }

        if (!found && Building is not null)
        {
            unsent.AddRecords(Building, 0);
        }

        Channel.Overtake(barrier);
    }

    /// <summary>Sends an element behind all that waits.</summary>
    public void Send(in Element element)
    {
        if (_outbox.Count > 0 || !Channel.TryEnqueue(in element))
        {
            _outbox.Enqueue(element);
        }
    }
}
