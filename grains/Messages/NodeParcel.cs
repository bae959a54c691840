using OrleansStream.Engine.Nodes;

namespace OrleansStream.Grains;

/// <summary>
/// Messages from one node to another, in order: the argument of the calls between task hosts. Immutable; <see cref="NodeParcelCodec"/> writes it to the wire without reflection and without a copy of what
/// frames hold.
/// </summary>
/// <param name="messages">The messages; the array is the parcel's from here on.</param>
[Immutable]
public sealed class NodeParcel(NodeMessage[] messages)
{
    /// <summary>The messages, in the order in which they were sent.</summary>
    public IReadOnlyList<NodeMessage> Messages => messages;
}
