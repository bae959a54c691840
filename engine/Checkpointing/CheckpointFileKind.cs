namespace OrleansStream.Engine.Checkpointing;

/// <summary>What a file of a checkpoint store holds; part of its header. The numbers are part of the file format.</summary>
public enum CheckpointFileKind : ushort
{
    /// <summary>An entry of the job log.</summary>
    LogEntry = 1,

    /// <summary>The metadata of a checkpoint or savepoint.</summary>
    Metadata = 2,

    /// <summary>The state of one subtask.</summary>
    SubtaskState = 3,
}
