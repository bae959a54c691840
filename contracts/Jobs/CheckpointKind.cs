namespace OrleansStream;

/// <summary>Why a checkpoint was taken, and so whose it is.</summary>
public enum CheckpointKind
{
    /// <summary>One of the series that recovery uses; the job drops it when newer ones have completed.</summary>
    Checkpoint,

    /// <summary>The user's own, in a folder that he chose; the job never deletes it and recovery does not depend on it.</summary>
    Savepoint,

    /// <summary>The last of a job that ends or is stopped; it stays.</summary>
    Final,
}
