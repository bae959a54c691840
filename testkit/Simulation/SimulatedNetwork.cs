using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Tasklets;

namespace OrleansStream.TestKit;

/// <summary>
/// The network between the nodes of a <see cref="SimulatedCluster"/>: messages take a random time, so that they overtake each other, and are lost, repeated or cut off as a test says. One thread.
/// </summary>
public sealed class SimulatedNetwork
{
    private readonly SeededRandom _random;
    private readonly PriorityQueue<(string From, string To, NodeMessage Message), (long DueMs, long Order)> _flying = new();
    private readonly HashSet<(string, string)> _cut = [];
    private long _order;

    internal SimulatedNetwork(SeededRandom random)
    {
        _random = random;
    }

    /// <summary>The share of messages that are lost, from 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>The share of messages that come twice.</summary>
    public double Repeats { get; set; }

    /// <summary>The longest time that a message takes, in milliseconds.</summary>
    public int MaxDelayMs { get; set; } = 1;

    /// <summary>The share of messages that stay under way for long, up to <see cref="StragglersMs"/>: so long that the attempt that sent them is gone when they arrive.</summary>
    public double Stragglers { get; set; }

    /// <summary>The share of messages that come as usual, and once more as stragglers.</summary>
    public double Ghosts { get; set; }

    /// <summary>Gets what is sent, with the node that it is for.</summary>
    public Action<string, NodeMessage>? Watch { get; set; }

    /// <summary>The longest time that a straggler takes, in milliseconds.</summary>
    public int StragglersMs { get; set; } = 3000;

    /// <summary>Messages that stayed under way for long.</summary>
    public long Straggled { get; private set; }

    /// <summary>Messages sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Messages lost, cut ones too.</summary>
    public long Lost { get; private set; }

    /// <summary>Messages that came twice.</summary>
    public long Repeated { get; private set; }

    internal long NextDueMs => _flying.TryPeek(out _, out (long DueMs, long Order) when) ? when.DueMs : long.MaxValue;

    /// <summary>Cuts or joins two nodes, in both directions. Messages that are under way are lost when they arrive at a cut.</summary>
    /// <param name="one">A node.</param>
    /// <param name="other">The other one.</param>
    /// <param name="cut">Whether nothing goes through.</param>
    public void Cut(string one, string other, bool cut)
    {
        foreach ((string, string) pair in new[] { (one, other), (other, one) })
        {
            if (cut)
            {
                _cut.Add(pair);
            }
            else
            {
                _cut.Remove(pair);
            }
        }
    }

    /// <summary>Joins all nodes, and loses, repeats and delays nothing from now on.</summary>
    public void Heal()
    {
        _cut.Clear();
        Loss = 0;
        Repeats = 0;
        Stragglers = 0;
        Ghosts = 0;
        MaxDelayMs = 1;
    }

    internal void Send(string from, string to, NodeMessage message, long nowMs)
    {
        Sent++;
        // A node talks to itself without a wire.
        bool isLocal = from == to;
        if (!isLocal && _random.NextDouble() < Loss)
        {
            Lost++;
            return;
        }

        NodeMessage sent = AcrossProcesses(message);
        Watch?.Invoke(to, sent);
        Fly(from, to, sent, nowMs, isStraggler: !isLocal && _random.NextDouble() < Stragglers);
        if (!isLocal && _random.NextDouble() < Repeats)
        {
            Repeated++;
            Fly(from, to, sent, nowMs, isStraggler: false);
        }

        if (!isLocal && _random.NextDouble() < Ghosts)
        {
            Fly(from, to, sent, nowMs, isStraggler: true);
        }
    }

    private void Fly(string from, string to, NodeMessage message, long nowMs, bool isStraggler)
    {
        int delay = from == to || MaxDelayMs == 0 ? 0 : _random.Next(MaxDelayMs + 1);
        if (isStraggler)
        {
            delay += _random.Next(StragglersMs);
            Straggled++;
        }

        _flying.Enqueue((from, to, message), (nowMs + delay, ++_order));
    }

    internal (string From, string To, NodeMessage Message)? Take(long nowMs)
    {
        while (_flying.TryPeek(out (string From, string To, NodeMessage Message) next, out (long DueMs, long Order) when) && when.DueMs <= nowMs)
        {
            _flying.Dequeue();
            if (!_cut.Contains((next.From, next.To)))
            {
                return next;
            }

            Lost++;
        }

        return null;
    }

    // An exception object does not go from process to process.
    private static NodeMessage AcrossProcesses(NodeMessage message) => message is not MasterPacket packet || !packet.Messages.Any(m => m is SubtaskFailed)
        ? message
        : packet with { Messages = [.. packet.Messages.Select(m => m is SubtaskFailed failed ? failed with { Failure = failed.Failure with { Local = null } } : m)] };
}
