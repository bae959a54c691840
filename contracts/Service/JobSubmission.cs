using System.Text.Json.Serialization;

namespace OrleansStream.Service;

/// <summary>A job to run. The shape of the body of <c>POST /v1/jobs</c>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record JobSubmission
{
    /// <summary>The job's id, which the submitter chooses so that a submission can be repeated: 32 lower-case hexadecimal digits of random bits, <c>Guid.NewGuid().ToString("N")</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The id of an uploaded package; null for a job that is built into the service.</summary>
    public string? Package { get; init; }

    /// <summary>The job's type, with or without namespace; null where the package has just one.</summary>
    public string? Job { get; init; }

    /// <summary>Options as people write them: <c>checkpointing.interval</c> = <c>1s</c>; arguments of the job as <c>set.name</c>.</summary>
    public IReadOnlyDictionary<string, string> Options { get => field ?? JobArguments.Empty.Values; init; } // The JSON reader sets null where there is none.
}

/// <summary>A savepoint that is asked for. The shape of the body of <c>POST /v1/jobs/{id}/savepoints</c>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SavepointRequest
{
    /// <summary>The request's id, which the caller chooses so that the request can be repeated: 32 lower-case hexadecimal digits of random bits.</summary>
    public required string Id { get; init; }

    /// <summary>A folder below <c>savepoints/</c> of the service's checkpoint directory, empty so far; null for the request's id.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether the job ends with it: nothing is emitted after it, and everything before it is committed.</summary>
    public bool Stop { get; init; }

    /// <summary>With <see cref="Stop"/>: whether the final watermark is sent first, so that all windows fire. Only for a job that will not go on.</summary>
    public bool Drain { get; init; }
}
