namespace OrleansStream.Engine.Nodes;

/// <summary>What goes from node to node. Plain data.</summary>
/// <param name="Job">The job.</param>
/// <param name="Attempt">The attempt that it belongs to.</param>
/// <param name="From">The node that sent it.</param>
public abstract record NodeMessage(string Job, int Attempt, string From);

/// <summary>
/// Control messages with what makes their delivery safe: numbers, so that each is taken once and in order whatever is lost, repeated or reordered on the way. One without messages is a heartbeat.
/// </summary>
/// <param name="First">The number of the first message.</param>
/// <param name="Messages">The messages.</param>
/// <param name="Received">The sender has taken the other side's messages through this number.</param>
/// <param name="SentMs">When it was sent, by the sender's clock that never goes back.</param>
/// <param name="EchoMs">The largest <paramref name="SentMs"/> that the sender has seen from the other side: what a lease runs from.</param>
public abstract record ControlPacket(
    string Job, int Attempt, string From, long First, IReadOnlyList<ControlMessage> Messages, long Received, long SentMs, long EchoMs) : NodeMessage(Job, Attempt, From);

/// <summary>From the job master to a task host.</summary>
public sealed record HostPacket(
    string Job, int Attempt, string From, long First, IReadOnlyList<ControlMessage> Messages, long Received, long SentMs, long EchoMs)
    : ControlPacket(Job, Attempt, From, First, Messages, Received, SentMs, EchoMs);

/// <summary>From a task host to the job master.</summary>
/// <param name="Life">Drawn by the host when it took the attempt: one that was started again and took it once more, from a deployment that came late, has another.</param>
/// <param name="Metrics">How the host's subtasks stand, with heartbeats; null with others.</param>
public sealed record MasterPacket(
    string Job, int Attempt, string From, long First, IReadOnlyList<ControlMessage> Messages, long Received, long SentMs, long EchoMs,
    long Life, IReadOnlyList<SubtaskMetrics>? Metrics) : ControlPacket(Job, Attempt, From, First, Messages, Received, SentMs, EchoMs);

/// <summary>Why a message was refused.</summary>
public enum RefusalReason
{
    /// <summary>A newer attempt is known.</summary>
    StaleAttempt,

    /// <summary>No subtask of the attempt is here: never was, not yet, or not any more.</summary>
    NotDeployed,

    /// <summary>The master that was asked does not run this attempt.</summary>
    NotMine,
}

/// <summary>A task host refuses a packet of a job master.</summary>
/// <param name="Reason">Why.</param>
/// <param name="CurrentAttempt">The newest attempt that the host has seen.</param>
public sealed record HostRefusal(string Job, int Attempt, string From, RefusalReason Reason, int CurrentAttempt) : NodeMessage(Job, Attempt, From);

/// <summary>A job master refuses a packet of a task host.</summary>
/// <param name="Reason">Why.</param>
/// <param name="CurrentAttempt">The master's attempt.</param>
public sealed record MasterRefusal(string Job, int Attempt, string From, RefusalReason Reason, int CurrentAttempt) : NodeMessage(Job, Attempt, From);
