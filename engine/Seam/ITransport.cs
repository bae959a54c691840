using OrleansStream.Engine.Nodes;

namespace OrleansStream.Engine;

/// <summary>
/// The way to other nodes. What is sent may be lost, late, repeated or out of order; who sends does not learn of it. Control messages and probes must not queue behind data.
/// </summary>
public interface ITransport
{
    /// <summary>The name of this node, by which others reach it.</summary>
    string Node { get; }

    /// <summary>Sends a message and returns at once. Packets and refusals for a job master go to the master of the message's job on that node, all else to the node's task host. Any thread.</summary>
    /// <param name="node">The node; this one too.</param>
    /// <param name="message">The message; not changed afterwards by either side.</param>
    void Send(string node, NodeMessage message);
}
