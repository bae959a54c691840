namespace OrleansStream.Engine.Nodes;

/// <summary>
/// One end of the conversation of a job master and a task host about one attempt. What is sent is kept until the other end has said that it has it, and repeated with each heartbeat, so that messages
/// arrive once and in order over a transport that loses, repeats and reorders. Pure: the caller gives the time.
/// </summary>
internal sealed class ControlLink(Action<ControlLink.Packet> transmit)
{
    // Packets that overtook others and wait for them; one more comes again with a heartbeat.
    private const int MostEarly = 64;

    private readonly Queue<ControlMessage> _unacknowledged = new();
    private readonly SortedDictionary<long, IReadOnlyList<ControlMessage>> _early = [];
    private long _first = 1;
    private long _received;
    private long _echoMs = long.MinValue;

    /// <summary>What a packet of either direction says.</summary>
    public readonly record struct Packet(long First, IReadOnlyList<ControlMessage> Messages, long Received, long SentMs, long EchoMs, bool IsHeartbeat);

    /// <summary>Whether the other end has taken the first message.</summary>
    public bool IsAnswered => _first > 1;

    public bool HasUnacknowledged => _unacknowledged.Count > 0;

    /// <summary>When the newest of our packets was sent that the other end had seen, as far as we know; <c>long.MinValue</c> for none.</summary>
    public long SeenMs { get; private set; } = long.MinValue;

    public void Send(ControlMessage message, long nowMs)
    {
        _unacknowledged.Enqueue(message);
        Transmit(_first + _unacknowledged.Count - 1, [message], nowMs, false);
    }

    /// <summary>A heartbeat, with all that may have been lost.</summary>
    public void Beat(long nowMs) => Transmit(_first, [.. _unacknowledged], nowMs, true);

    /// <summary>Takes a packet of the other end.</summary>
    /// <returns>The messages that are new, in order.</returns>
    public IReadOnlyList<ControlMessage> Receive(ControlPacket packet, long nowMs)
    {
        for (; _first <= packet.Received && _unacknowledged.Count > 0; _first++)
        {
            _unacknowledged.Dequeue();
        }

        _echoMs = Math.Max(_echoMs, packet.SentMs);
        SeenMs = Math.Max(SeenMs, packet.EchoMs);
        if (packet.Messages.Count == 0)
        {
            return [];
        }

        long skip = _received + 1 - packet.First;
        IReadOnlyList<ControlMessage> taken = skip < 0 ? [] : [.. packet.Messages.Skip((int)Math.Min(skip, packet.Messages.Count))];
        _received += taken.Count;
        if (skip >= 0)
        {
            taken = WithEarly(taken);
        }
        else if (_early.Count < MostEarly)
        {
            _early[packet.First] = packet.Messages;
        }

        // At once, so that the other end can forget them.
        Transmit(_first, [], nowMs, false);
        return taken;
    }

    // With those that came ahead of them, as far as nothing is missing.
    private IReadOnlyList<ControlMessage> WithEarly(IReadOnlyList<ControlMessage> taken)
    {
        if (_early.Count == 0)
        {
            return taken;
        }

        List<ControlMessage> all = [.. taken];
        while (_early.Count > 0 && _early.First() is var (first, messages) && first <= _received + 1)
        {
            _early.Remove(first);
            ControlMessage[] more = [.. messages.Skip((int)(_received + 1 - first))];
            all.AddRange(more);
            _received += more.Length;
        }

        return all;
    }

    private void Transmit(long first, IReadOnlyList<ControlMessage> messages, long nowMs, bool isHeartbeat) =>
        transmit(new Packet(first, messages, _received, nowMs, _echoMs, isHeartbeat));
}
