using OrleansStream.Service;

namespace OrleansStream.SiloTests.Rest;

/// <summary>A service whose savepoints and keys take until they are told to be done.</summary>
internal sealed class SlowSavepoints(IJobService inner) : IJobService
{
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<SavepointInfo> SavepointAsync(string job, SavepointRequest request, CancellationToken cancel = default)
    {
        await Done.Task.WaitAsync(cancel);
        return new SavepointInfo(request.Id, "p", new JobInfo(job, "n", "J", null, JobState.Running, 1, default, null, null));
    }

    public async Task<KeyAnswer> CallKeyAsync(string job, KeyCall call, CancellationToken cancel = default)
    {
        await Done.Task.WaitAsync(cancel);
        return new KeyAnswer(false, null, null, 1, 17);
    }

    public Task<PackageInfo> UploadPackageAsync(Stream content, CancellationToken cancel = default) => inner.UploadPackageAsync(content, cancel);

    public Task<IReadOnlyList<PackageInfo>> ListPackagesAsync(CancellationToken cancel = default) => inner.ListPackagesAsync(cancel);

    public Task DeletePackageAsync(string package, CancellationToken cancel = default) => inner.DeletePackageAsync(package, cancel);

    public Task<JobInfo> SubmitAsync(JobSubmission submission, CancellationToken cancel = default) => inner.SubmitAsync(submission, cancel);

    public Task<IReadOnlyList<JobInfo>> ListAsync(CancellationToken cancel = default) => inner.ListAsync(cancel);

    public Task<JobDetails> GetAsync(string job, CancellationToken cancel = default) => inner.GetAsync(job, cancel);

    public Task<JobInfo> CancelAsync(string job, CancellationToken cancel = default) => inner.CancelAsync(job, cancel);

    public Task<IReadOnlyList<CheckpointInfo>> GetCheckpointsAsync(string job, CancellationToken cancel = default) => inner.GetCheckpointsAsync(job, cancel);

    public Task<IReadOnlyList<FailureInfo>> GetFailuresAsync(string job, CancellationToken cancel = default) => inner.GetFailuresAsync(job, cancel);

    public Task<JobMetrics> GetMetricsAsync(string job, CancellationToken cancel = default) => inner.GetMetricsAsync(job, cancel);
}
