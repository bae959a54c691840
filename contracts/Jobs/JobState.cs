namespace OrleansStream;

/// <summary>What a job is doing.</summary>
public enum JobState
{
    /// <summary>The log is read, the attempt claimed, the graph built.</summary>
    Starting,

    /// <summary>Subtasks open and restore their state.</summary>
    Deploying,

    /// <summary>All subtasks run.</summary>
    Running,

    /// <summary>Subtasks are being stopped: after a failure, for a cancel, or at the end.</summary>
    Stopping,

    /// <summary>The pause before a restart.</summary>
    Waiting,

    /// <summary>All sources ended and everything is committed.</summary>
    Finished,

    /// <summary>It was stopped with a final checkpoint or savepoint.</summary>
    Stopped,

    /// <summary>It was cancelled.</summary>
    Cancelled,

    /// <summary>It failed for good.</summary>
    Failed,
}
