using Orleans.Services;

namespace OrleansStream.Grains;

/// <summary>
/// The task host of a silo, reached by the silo's address. Calls only hand over: nothing of a dataflow runs in them. A call that fails loses its messages, which the engine allows for; it tells the caller that the
/// contact may be broken.
/// </summary>
internal interface ITaskHostService : IGrainService
{
    /// <summary>Messages of masters and task hosts. Apart from data, so that they do not wait behind it.</summary>
    [ResponseTimeout("00:00:05")]
    Task ControlAsync(NodeParcel parcel);

    /// <summary>A deployment, with the job that it is of.</summary>
    [ResponseTimeout("00:00:30")]
    Task DeployAsync(JobSpec job, NodeParcel parcel);

    /// <summary>Frames of channels and their answers.</summary>
    [ResponseTimeout("00:00:05")]
    Task DataAsync(NodeParcel parcel);

    /// <summary>A request to a key whose subtask this silo has. A durable one waits for its checkpoint.</summary>
    /// <param name="job">The id of the job's submission.</param>
    /// <param name="attempt">The attempt that is meant; another one is refused.</param>
    /// <param name="request">The request.</param>
    [ResponseTimeout("01:00:00")]
    Task<KeyReply> KeyAsync(string job, int attempt, KeyRequest request);

    /// <summary>What the silo offers; does not change while it lives.</summary>
    [ResponseTimeout("00:00:05")]
    Task<SiloDescription> DescribeAsync();
}

/// <summary>What a silo offers to job masters.</summary>
/// <param name="Workers">Its worker threads.</param>
/// <param name="Builds">The build of each job that is built in.</param>
[GenerateSerializer]
[Immutable]
internal sealed record SiloDescription([property: Id(0)] int Workers, [property: Id(1)] Dictionary<string, string> Builds);
