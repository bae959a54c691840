using OrleansStream.Engine.Nodes;

namespace OrleansStream.Engine.Frames;

/// <summary>A channel of a job: an edge with its sending and its receiving subtask.</summary>
/// <param name="Edge">The edge's number in the topology.</param>
/// <param name="From">The sending subtask.</param>
/// <param name="To">The receiving subtask.</param>
public readonly record struct ChannelId(int Edge, int From, int To) : IComparable<ChannelId>
{
    /// <inheritdoc/>
    public int CompareTo(ChannelId other) => (Edge, From, To).CompareTo((other.Edge, other.From, other.To));

    /// <inheritdoc/>
    public override string ToString() => $"edge {Edge} from {From} to {To}";
}

/// <summary>Elements of a channel on their way to another node.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Number">The frame's number in its channel, from 1; 0 for a question only, which is answered and else ignored.</param>
/// <param name="Content">The elements; empty for a question.</param>
public sealed record ExchangeFrame(string Job, int Attempt, string From, ChannelId Channel, long Number, ReadOnlyMemory<byte> Content) : NodeMessage(Job, Attempt, From);

/// <summary>How a channel stands at its receiver. Absolute numbers, so that a lost, late or repeated answer does no harm.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Received">All frames through this one are there.</param>
/// <param name="Limit">Frames through this one may be sent; it never goes back.</param>
public sealed record ExchangeAnswer(string Job, int Attempt, string From, ChannelId Channel, long Received, long Limit) : NodeMessage(Job, Attempt, From);

/// <summary>A node refuses a frame of an older attempt.</summary>
/// <param name="Reason">Why.</param>
/// <param name="CurrentAttempt">The newest attempt that the node has seen.</param>
public sealed record ExchangeRefusal(string Job, int Attempt, string From, RefusalReason Reason, int CurrentAttempt) : NodeMessage(Job, Attempt, From);
