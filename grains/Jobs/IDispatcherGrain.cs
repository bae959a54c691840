using Orleans.Concurrency;

namespace OrleansStream.Grains;

/// <summary>The one grain (key 0) that accepts jobs, lists them, and starts again what nobody runs.</summary>
public interface IDispatcherGrain : IGrainWithIntegerKey
{
    /// <summary>Accepts a job and has it started. The same submission again returns the record of the first time.</summary>
    /// <param name="spec">The job; its options have been checked.</param>
    /// <exception cref="JobRefusedException">A job of that name has not ended, or the id was used for another one.</exception>
    Task<JobRecord> SubmitAsync(JobSpec spec);

    /// <summary>All jobs that run and the last that ended, the newest first.</summary>
    [AlwaysInterleave]
    Task<IReadOnlyList<JobRecord>> ListAsync();

    /// <summary>A job; null for an unknown one.</summary>
    /// <param name="id">The id of its submission.</param>
    [AlwaysInterleave]
    Task<JobRecord?> FindAsync(string id);

    /// <summary>Notes the end of a job.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="end">How it ended.</param>
    Task EndedAsync(JobSpec spec, JobEnd end);

    /// <summary>A silo runs the master of a job: where calls to the job go.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="silo">The silo.</param>
    Task MasterAtAsync(JobSpec spec, string silo);

    /// <summary>The silo that was last seen to run the master of a job; null if that is not known.</summary>
    /// <param name="id">The id of its submission.</param>
    [AlwaysInterleave]
    Task<string?> FindMasterAsync(string id);

    /// <summary>Makes sure that the jobs that have not ended are run by somebody. Each silo calls it when it has started.</summary>
    Task RecoverAsync();
}
