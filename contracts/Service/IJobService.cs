namespace OrleansStream.Service;

/// <summary>
/// What REST and the client SDK talk to: takes jobs, knows them, ends them. One process has it over its own cluster of threads, a silo over the dispatcher. All members may be called from any thread and do not
/// block; a cancelled token ends the wait, not what was asked for. Every refusal is a <see cref="JobServiceException"/> with a code.
/// </summary>
/// <remarks>
/// What changes something carries an id that the caller chose and may be asked again with it: the same id is the same submission, the same savepoint. So a caller that did not get the answer asks again.
/// </remarks>
public interface IJobService
{
    /// <summary>Takes a package of assemblies, a zip. The same files give the same id, whoever packs them; a package that is there already is taken as it is.</summary>
    /// <param name="content">The zip; read to its end, not closed.</param>
    /// <param name="cancel">Ends the upload.</param>
    /// <returns>The package as it is stored.</returns>
    /// <exception cref="JobServiceException"><see cref="JobServiceError.InvalidPackage"/>, <see cref="JobServiceError.TooLarge"/>, <see cref="JobServiceError.TooMany"/>.</exception>
    Task<PackageInfo> UploadPackageAsync(Stream content, CancellationToken cancel = default);

    /// <summary>All packages, the newest first.</summary>
    /// <param name="cancel">Ends the wait.</param>
    Task<IReadOnlyList<PackageInfo>> ListPackagesAsync(CancellationToken cancel = default);

    /// <summary>Removes a package. What runs from it goes on; it cannot be restarted in another process.</summary>
    /// <param name="package">Its id.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException"><see cref="JobServiceError.PackageNotFound"/>; <see cref="JobServiceError.Conflict"/> while a job that has not ended uses it.</exception>
    Task DeletePackageAsync(string package, CancellationToken cancel = default);

    /// <summary>
    /// Takes a job: its options are checked, its name is free, its graph can be built. Returns when the job is known, before it runs. Asked again with the same <see cref="JobSubmission.Id"/> it returns
    /// the job of the first time.
    /// </summary>
    /// <param name="submission">The job.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException">
    /// <see cref="JobServiceError.InvalidRequest"/>, <see cref="JobServiceError.PackageNotFound"/>, <see cref="JobServiceError.InvalidPackage"/>, <see cref="JobServiceError.TooMany"/>;
    /// <see cref="JobServiceError.Conflict"/> when a job of that name has not ended, or the id was used for another submission.
    /// </exception>
    Task<JobInfo> SubmitAsync(JobSubmission submission, CancellationToken cancel = default);

    /// <summary>All jobs that run, and the last that ended; the newest first.</summary>
    /// <param name="cancel">Ends the wait.</param>
    Task<IReadOnlyList<JobInfo>> ListAsync(CancellationToken cancel = default);

    /// <summary>A job with its options and operators.</summary>
    /// <param name="job">The job's id.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException"><see cref="JobServiceError.JobNotFound"/>.</exception>
    Task<JobDetails> GetAsync(string job, CancellationToken cancel = default);

    /// <summary>Ends a job without a checkpoint. Returns when that is under way; asked of a job that has ended it changes nothing.</summary>
    /// <param name="job">The job's id.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException"><see cref="JobServiceError.JobNotFound"/>.</exception>
    Task<JobInfo> CancelAsync(string job, CancellationToken cancel = default);

    /// <summary>
    /// Takes a savepoint, and ends the job with it if asked to. Returns when the savepoint is complete (and the job has ended); the token ends the wait only. Asked again with the same
    /// <see cref="SavepointRequest.Id"/> it waits for, or returns, the savepoint of the first time.
    /// </summary>
    /// <param name="job">The job's id.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException">
    /// <see cref="JobServiceError.JobNotFound"/>, <see cref="JobServiceError.InvalidRequest"/>, <see cref="JobServiceError.JobEnded"/>; <see cref="JobServiceError.NotReady"/> while the job starts or restarts;
    /// <see cref="JobServiceError.SavepointFailed"/>.
    /// </exception>
    Task<SavepointInfo> SavepointAsync(string job, SavepointRequest request, CancellationToken cancel = default);

    /// <summary>
    /// Asks a key for a state, or tells it a message. Returns when that is done, with <see cref="KeyCall.Durable"/> when a checkpoint contains it; the token ends the wait only. Asked again with the same
    /// <see cref="KeyCall.Id"/> a message is not applied again.
    /// </summary>
    /// <param name="job">The job's id.</param>
    /// <param name="call">What is asked or told.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException">
    /// <see cref="JobServiceError.JobNotFound"/>, <see cref="JobServiceError.InvalidRequest"/>, <see cref="JobServiceError.JobEnded"/>; <see cref="JobServiceError.NotReady"/> when the job starts or restarts for
    /// longer than the service waits; <see cref="JobServiceError.KeyRefused"/> with what there is.
    /// </exception>
    Task<KeyAnswer> CallKeyAsync(string job, KeyCall call, CancellationToken cancel = default);

    /// <summary>The job's last checkpoints and savepoints, the newest first: those under way, completed and given up.</summary>
    /// <param name="job">The job's id.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException"><see cref="JobServiceError.JobNotFound"/>.</exception>
    Task<IReadOnlyList<CheckpointInfo>> GetCheckpointsAsync(string job, CancellationToken cancel = default);

    /// <summary>Why the job's last attempts failed, the newest first.</summary>
    /// <param name="job">The job's id.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException"><see cref="JobServiceError.JobNotFound"/>.</exception>
    Task<IReadOnlyList<FailureInfo>> GetFailuresAsync(string job, CancellationToken cancel = default);

    /// <summary>What the job's operators have counted.</summary>
    /// <param name="job">The job's id.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException"><see cref="JobServiceError.JobNotFound"/>.</exception>
    Task<JobMetrics> GetMetricsAsync(string job, CancellationToken cancel = default);
}
