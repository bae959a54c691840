namespace OrleansStream.Engine.Checkpointing;

/// <summary>What an attempt starts from. The names are part of the log's format.</summary>
public enum StartPointKind
{
    /// <summary>Empty state.</summary>
    Nothing,

    /// <summary>A completed checkpoint of this job.</summary>
    Checkpoint,

    /// <summary>A savepoint.</summary>
    Savepoint,
}

/// <summary>What an attempt starts from: nothing, a checkpoint of this job, or a savepoint.</summary>
/// <param name="Kind">Which of the three.</param>
/// <param name="CheckpointId">The checkpoint; 0 for the other two.</param>
/// <param name="Path">The savepoint's metadata file; null for the other two.</param>
public sealed record StartPoint(StartPointKind Kind, long CheckpointId = 0, string? Path = null)
{
    /// <summary>Empty state.</summary>
    public static StartPoint Nothing { get; } = new(StartPointKind.Nothing);

    /// <summary>A completed checkpoint of this job.</summary>
    /// <param name="id">The checkpoint.</param>
    public static StartPoint Checkpoint(long id) => new(StartPointKind.Checkpoint, id);

    /// <summary>A savepoint.</summary>
    /// <param name="path">The path of its metadata file, as the host understands it.</param>
    public static StartPoint Savepoint(string path) => new(StartPointKind.Savepoint, 0, path);

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        StartPointKind.Checkpoint => $"checkpoint {CheckpointId}",
        StartPointKind.Savepoint => $"savepoint '{Path}'",
        _ => "empty state",
    };
}
