using OrleansStream.Engine.Channels;

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

    /// <summary>Sends an element behind all that waits.</summary>
    public void Send(in Element element)
    {
        if (_outbox.Count > 0 || !Channel.TryEnqueue(in element))
        {
            _outbox.Enqueue(element);
        }
    }
}
