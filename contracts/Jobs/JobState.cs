namespace OrleansStream;

/// <summary>What a job is doing.</summary>
public enum JobState
{
    /// <summary>The log is read, the attempt claimed, the graph built.</summary>
    Starting,

    /// <summary>Subtasks open and restore their state, and the first look for splits of the sources goes on. No checkpoint can be taken yet.</summary>
    Deploying,

    /// <summary>All subtasks run, and those of sources have their splits.</summary>
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
