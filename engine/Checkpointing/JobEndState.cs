namespace OrleansStream.Engine.Checkpointing;

/// <summary>How a job ended. The names are part of the log's format.</summary>
public enum JobEndState
{
    /// <summary>All sources ended and everything is committed.</summary>
    Finished,

    /// <summary>It was stopped with a final checkpoint or savepoint; it can go on from there.</summary>
    Stopped,

    /// <summary>It was cancelled.</summary>
    Cancelled,

    /// <summary>It failed and its restart strategy gave up.</summary>
    Failed,
}
