using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Service;

namespace OrleansStream.Hosting;

/// <summary>A job of a <see cref="LocalJobService"/>. When it has ended only texts and numbers stay, so that its assemblies can be unloaded. Any thread.</summary>
internal sealed class ServedJob
{
    private readonly AdmittedJob _admitted;
    private readonly JobHistory _history;
    private readonly TimeProvider _time;
    private readonly TimeSpan _keyPatience;
    private readonly DateTimeOffset _submittedAt;
    private readonly Dictionary<string, Task<SavepointInfo>> _savepoints = new(StringComparer.Ordinal);
    private readonly PendingKeys _keys = new();
    private readonly Lock _lock = new();
    private LocalJob? _job;
    private JobStatus _lastStatus;
    private DateTimeOffset? _endedAt;

    public ServedJob(AdmittedJob admitted, LoadedJob loaded, LocalJob job, TimeProvider time, TimeSpan keyPatience)
    {
        _admitted = admitted;
        _history = job.History;
        _time = time;
        _keyPatience = keyPatience;
        _submittedAt = time.GetUtcNow();
        _job = job;
        _lastStatus = job.Status;
        Ended = LetGoAtEndAsync(job, loaded);
    }

    public JobSubmission Submission => _admitted.Submission;

    public string Id => Submission.Id;

    public string Name => _admitted.Name;

    public string? Package => Submission.Package;

    /// <summary>Completes when the job has ended and nothing of it is held here any more.</summary>
    public Task Ended { get; }

    public bool HasEnded => Status.EndedAt is not null;

    public JobInfo Info
    {
        get
        {
            (JobStatus status, DateTimeOffset? endedAt) = Status;
            return JobReports.Info(_admitted, _submittedAt, endedAt, status, _history.Failures);
        }
    }

    public JobDetails Details => new(Info, JobAdmission.Shown(Submission.Options), JobReports.Operators(Status.Status), _history.LastCompleted);

    public IReadOnlyList<CheckpointInfo> Checkpoints => _history.Checkpoints;

    public IReadOnlyList<FailureInfo> Failures => _history.Failures;

    // A job whose master has ended, but which is still being let go, counts as stopping: its name is free a moment later, and who is told that it has ended finds when.
    private (JobStatus Status, DateTimeOffset? EndedAt) Status
    {
        get
        {
            lock (_lock)
            {
                JobStatus status = _job?.Status ?? _lastStatus;
                bool isLetGo = _endedAt is null && status.State is (JobState.Finished or JobState.Stopped or JobState.Cancelled or JobState.Failed);
                return (isLetGo ? status with { State = JobState.Stopping } : status, _endedAt);
            }
        }
    }

    public JobMetrics Metrics(DateTimeOffset now)
    {
        JobStatus status = Status.Status;
        return new JobMetrics(Id, now, JobReports.Operators(status), status.LongestStallNs);
    }

    public JobInfo Cancel()
    {
        Running()?.CancelAsync();
        return Info;
    }

    public async Task StopAsync(CancellationToken cancel)
    {
        if (Running() is not { } job)
        {
            return;
        }

        try
        {
            await job.StopAsync().WaitAsync(cancel).ConfigureAwait(false);
            await Ended.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (StreamException)
        {
            // It starts or restarts just now, or ended by itself: nothing new since its last checkpoint.
        }
        catch (OperationCanceledException)
        {
            // Too slow for the time that there is; the last checkpoint stays.
        }
    }

    /// <summary>Takes a savepoint; the same request is the same savepoint.</summary>
    public Task<SavepointInfo> SavepointAsync(SavepointRequest request)
    {
        string folder = JobAdmission.SavepointFolderOf(request);
        lock (_lock)
        {
            if (_savepoints.TryGetValue(request.Id, out Task<SavepointInfo>? known))
            {
                return known;
            }

            LocalJob job = _job ?? throw new JobServiceException(JobServiceError.JobEnded, $"The job '{Name}' ({Id}) has ended. Its last checkpoint stays, unless it was cancelled.");
            if (job.Status.State is not JobState.Running)
            {
                throw new JobServiceException(JobServiceError.NotReady, $"The job '{Name}' ({Id}) is {job.Status.State}, so it cannot take a savepoint. Try again when it runs.");
            }

            return _savepoints[request.Id] = TakeAsync(job, request, folder);
        }
    }

    /// <summary>Asks or tells a key.</summary>
    public async Task<KeyAnswer> CallKeyAsync(KeyCall call)
    {
        LocalJob job = Running() ?? throw new JobServiceException(JobServiceError.JobEnded, $"The job '{Name}' ({Id}) has ended, and its keys cannot be asked any more.");
        KeyRequest request;
        try
        {
            request = await Task.Run(() => job.ReadKeyCall(call)).ConfigureAwait(false);
        }
        catch (KeyAccessException e)
        {
            throw new JobServiceException(JobServiceError.KeyRefused, e.Message, e);
        }

        return JobAdmission.AnswerOf(request, await _keys.GetOrSend(request.Id, () => job.SendToKeyAsync(request, _keyPatience)).ConfigureAwait(false));
    }

    private async Task<SavepointInfo> TakeAsync(LocalJob job, SavepointRequest request, string folder)
    {
        string path;
        try
        {
            path = await (request.Stop ? job.StopWithSavepointAsync(folder, request.Drain) : job.SavepointAsync(folder)).ConfigureAwait(false);
        }
        catch (StreamException e)
        {
            throw new JobServiceException(JobServiceError.SavepointFailed, e.Message);
        }

        if (request.Stop)
        {
            await Ended.ConfigureAwait(false);
        }

        return new SavepointInfo(request.Id, path, Info);
    }

    private async Task LetGoAtEndAsync(LocalJob job, LoadedJob loaded)
    {
        await job.Completion.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
        {
            _lastStatus = job.Status with { Error = null };
            _endedAt = _time.GetUtcNow();
            _job = null;
        }

        loaded.Dispose();
    }

    private LocalJob? Running()
    {
        lock (_lock)
        {
            return _job;
        }
    }
}
