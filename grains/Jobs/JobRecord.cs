using OrleansStream.Engine.Jobs;

namespace OrleansStream.Grains;

/// <summary>A job in the dispatcher's list.</summary>
[GenerateSerializer]
[Immutable]
public sealed record JobRecord
{
    /// <summary>The job.</summary>
    [Id(0)]
    public required JobSpec Spec { get; init; }

    /// <summary>How it ended; null while it runs.</summary>
    [Id(1)]
    public JobEnd? End { get; init; }
}

/// <summary>How a job ended, as the master that saw it reported.</summary>
[GenerateSerializer]
[Immutable]
public sealed record JobEnd
{
    /// <summary>Finished, stopped, cancelled or failed.</summary>
    [Id(0)]
    public required JobState State { get; init; }

    /// <summary>The last attempt.</summary>
    [Id(1)]
    public required int Attempt { get; init; }

    /// <summary>When.</summary>
    [Id(2)]
    public required DateTimeOffset At { get; init; }

    /// <summary>Why it failed: the exception's type and message; null if it did not.</summary>
    [Id(3)]
    public string? Error { get; init; }

    /// <summary>The last checkpoint that completed while that master ran; null for none.</summary>
    [Id(4)]
    public long? LastCheckpoint { get; init; }
}
