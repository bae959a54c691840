using OrleansStream.Service;

namespace OrleansStream.Hosting;

/// <summary>A job service over a cluster of threads in this process. What it knows of jobs ends with the process; their checkpoints stay.</summary>
public sealed class LocalJobService : IJobService, IAsyncDisposable
{
    private readonly LocalCluster _cluster;
    private readonly JobServiceOptions _options;
    private readonly JobCatalog _catalog;
    private readonly JobAdmission _admission;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _submitting = new(1);
    private readonly Lock _lock = new();
    private readonly List<ServedJob> _jobs = []; // In the order in which they came.

    /// <summary>Creates the service.</summary>
    /// <param name="cluster">Where jobs run; its owner disposes it after the service.</param>
    /// <param name="options">The options.</param>
    /// <param name="catalog">The jobs that there are.</param>
    /// <param name="time">The clock; the system's by default.</param>
    /// <exception cref="OptionsException">Options are wrong; the message lists all.</exception>
    public LocalJobService(LocalCluster cluster, JobServiceOptions options, JobCatalog catalog, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } errors)
        {
            throw new OptionsException($"{errors.Count} option{(errors.Count == 1 ? " is" : "s are")} wrong:\n  " + string.Join("\n  ", errors));
        }

        _cluster = cluster;
        _options = options;
        _catalog = catalog;
        _admission = new JobAdmission(options, catalog);
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public async Task<PackageInfo> UploadPackageAsync(Stream content, CancellationToken cancel = default) =>
        await _catalog.RequirePackages().AddAsync(content, cancel).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PackageInfo>> ListPackagesAsync(CancellationToken cancel = default) => Task.Run(() => _catalog.Packages?.List() ?? [], cancel);

    /// <inheritdoc/>
    public async Task DeletePackageAsync(string package, CancellationToken cancel = default)
    {
        // Between two submissions, so that none takes it meanwhile.
        await _submitting.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (Jobs().FirstOrDefault(j => j.Package == package && !j.HasEnded) is { } user)
            {
                throw new JobServiceException(JobServiceError.Conflict, $"The package '{package}' is used by the job '{user.Name}' ({user.Id}). Cancel or stop that first.");
            }

            await Task.Run(() => _catalog.RequirePackages().Delete(package), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _submitting.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<JobInfo> SubmitAsync(JobSubmission submission, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(submission);
        await _submitting.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (Find(submission.Id) is { } known)
            {
                return JobAdmission.IsSame(known.Submission, submission)
                    ? known.Info
                    : throw new JobServiceException(JobServiceError.Conflict, $"The id '{submission.Id}' was used for another submission, the job '{known.Name}'. Choose a new one.");
            }

            return await Task.Run(() => Start(submission), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _submitting.Release();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobInfo>> ListAsync(CancellationToken cancel = default) => Task.FromResult<IReadOnlyList<JobInfo>>([.. Jobs().Select(j => j.Info).Reverse()]);

    /// <inheritdoc/>
    public Task<JobDetails> GetAsync(string job, CancellationToken cancel = default) => Answer(job, j => j.Details);

    /// <inheritdoc/>
    public Task<JobInfo> CancelAsync(string job, CancellationToken cancel = default) => Answer(job, j => j.Cancel());

    /// <inheritdoc/>
    public async Task<SavepointInfo> SavepointAsync(string job, SavepointRequest request, CancellationToken cancel = default) =>
        await Require(job).SavepointAsync(request).WaitAsync(cancel).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<KeyAnswer> CallKeyAsync(string job, KeyCall call, CancellationToken cancel = default)
    {
        JobAdmission.RequireForm(call);
        return await Require(job).CallKeyAsync(call).WaitAsync(cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<CheckpointInfo>> GetCheckpointsAsync(string job, CancellationToken cancel = default) => Answer(job, j => j.Checkpoints);

    /// <inheritdoc/>
    public Task<IReadOnlyList<FailureInfo>> GetFailuresAsync(string job, CancellationToken cancel = default) => Answer(job, j => j.Failures);

    /// <inheritdoc/>
    public Task<JobMetrics> GetMetricsAsync(string job, CancellationToken cancel = default) => Answer(job, j => j.Metrics(_time.GetUtcNow()));

    /// <summary>Stops all jobs with a final checkpoint, from which <c>resume</c> goes on.</summary>
    /// <param name="cancel">Ends the wait; what has not stopped goes on.</param>
    public Task StopAllAsync(CancellationToken cancel = default) => Task.WhenAll(Jobs().Select(j => j.StopAsync(cancel)));

    /// <summary>Cancels what runs.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (ServedJob job in Jobs())
        {
            job.Cancel();
            await job.Ended.ConfigureAwait(false);
        }

        _submitting.Dispose();
    }

    private JobInfo Start(JobSubmission submission)
    {
        AdmittedJob admitted = _admission.Admit(submission);
        ServedJob[] running = [.. Jobs().Where(j => !j.HasEnded)];
        if (running.FirstOrDefault(j => j.Name == admitted.Name) is { } other)
        {
            throw new JobServiceException(
                JobServiceError.Conflict, $"The job '{admitted.Name}' ({other.Id}) has not ended. Stop or cancel it, or give this one another name with job.name.");
        }

        if (running.Length >= _options.MaxRunning)
        {
            throw new JobServiceException(JobServiceError.TooMany, $"{running.Length} jobs run already, as many as jobs.max-running allows. Stop one, or raise it.");
        }

        LoadedJob loaded = _catalog.Load(submission.Package, admitted.Job);
        ServedJob job;
        try
        {
            job = new ServedJob(admitted, loaded, _cluster.Submit(admitted.Name, loaded.Create, admitted.Options), _time, _options.KeyPatience);
        }
        catch (OptionsException e)
        {
            loaded.Dispose();
            throw new JobServiceException(JobServiceError.InvalidRequest, e.Message);
        }

        lock (_lock)
        {
            _jobs.Add(job);
            int tooMany = _jobs.Count(j => j.HasEnded) - _options.MaxEnded;
            _jobs.RemoveAll(j => tooMany > 0 && j.HasEnded && tooMany-- > 0);
        }

        return job.Info;
    }

    private Task<T> Answer<T>(string job, Func<ServedJob, T> answer)
    {
        try
        {
            return Task.FromResult(answer(Require(job)));
        }
        catch (JobServiceException e)
        {
            return Task.FromException<T>(e);
        }
    }

    private ServedJob Require(string job) => Find(job)
        ?? throw new JobServiceException(JobServiceError.JobNotFound, $"There is no job '{job}', or it ended so long ago that it is forgotten (jobs.max-ended). The list has all.");

    private ServedJob? Find(string job) => Jobs().FirstOrDefault(j => j.Id == job);

    private ServedJob[] Jobs()
    {
        lock (_lock)
        {
            return [.. _jobs];
        }
    }
}
