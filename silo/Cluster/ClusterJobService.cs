using System.Text.Json;
using Orleans.Runtime;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Grains;
using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Silo;

/// <summary>The job service of a cluster: what can be checked here is checked here, then the dispatcher or the job's grain is asked. The same on every silo.</summary>
internal sealed class ClusterJobService(JobServiceOptions options, JobCatalog catalog, ClusterJobs jobs) : IJobService
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);
    private readonly JobAdmission _admission = new(options, catalog);

    public async Task<PackageInfo> UploadPackageAsync(Stream content, CancellationToken cancel = default) =>
        await catalog.RequirePackages().AddAsync(content, cancel).ConfigureAwait(false);

    public Task<IReadOnlyList<PackageInfo>> ListPackagesAsync(CancellationToken cancel = default) => Task.Run(() => catalog.Packages?.List() ?? [], cancel);

    public async Task DeletePackageAsync(string package, CancellationToken cancel = default)
    {
        if ((await RecordsAsync(cancel).ConfigureAwait(false)).FirstOrDefault(j => j.Spec.Package == package && j.End is null) is { } user)
        {
            throw new JobServiceException(JobServiceError.Conflict, $"The package '{package}' is used by the job '{user.Spec.Name}' ({user.Spec.Id}). Cancel or stop that first.");
        }

        await Task.Run(() => catalog.RequirePackages().Delete(package), CancellationToken.None).ConfigureAwait(false);
    }

    public async Task<JobInfo> SubmitAsync(JobSubmission submission, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(submission);
        IReadOnlyList<JobRecord> records = await RecordsAsync(cancel).ConfigureAwait(false);
        if (records.FirstOrDefault(j => j.Spec.Id == submission.Id) is { } known)
        {
            bool isSame = known.Spec.Package == submission.Package && (submission.Job is null || known.Spec.Job == submission.Job || known.Spec.Job.EndsWith("." + submission.Job, StringComparison.Ordinal));
            return isSame
                ? InfoOf(known)
                : throw new JobServiceException(JobServiceError.Conflict, $"The id '{submission.Id}' was used for another submission, the job '{known.Spec.Name}'. Choose a new one.");
        }

        int running = records.Count(j => j.End is null);
        if (running >= options.MaxRunning)
        {
            throw new JobServiceException(JobServiceError.TooMany, $"{running} jobs run already, as many as jobs.max-running allows. Stop one, or raise it.");
        }

        AdmittedJob admitted = await Task.Run(() => _admission.Admit(submission), cancel).ConfigureAwait(false);

        // Defaults of this silo go along, so that all silos run the job with the same options.
        JobRecord record = await AskAsync(() => jobs.SubmitAsync(submission.Id, admitted.Job, submission.Package, JobOptionCatalog.Write(admitted.Options), cancel), cancel).ConfigureAwait(false);
        return InfoOf(record);
    }

    public async Task<IReadOnlyList<JobInfo>> ListAsync(CancellationToken cancel = default)
    {
        IReadOnlyList<JobRecord> records = await RecordsAsync(cancel).ConfigureAwait(false);
        JobInfo[] infos = await Task.WhenAll(records.Take(options.MaxRunning + options.MaxEnded).Select(r => r.End is null ? InfoAsync(r, cancel) : Task.FromResult(InfoOf(r)))).ConfigureAwait(false);
        return infos;
    }

    public async Task<JobDetails> GetAsync(string job, CancellationToken cancel = default)
    {
        JobReport report = await ReportAsync(job, cancel).ConfigureAwait(false);
        (IReadOnlyList<CheckpointInfo> checkpoints, IReadOnlyList<FailureInfo> failures) = await HistoryAsync(job, cancel).ConfigureAwait(false);
        return new JobDetails(
            InfoOf(report, failures), JobAdmission.Shown(report.Spec.Options), [.. report.Operators.Select(OperatorOf)], checkpoints.FirstOrDefault(c => c.State == CheckpointState.Completed));
    }

    public async Task<JobInfo> CancelAsync(string job, CancellationToken cancel = default)
    {
        try
        {
            await AskAsync(
                async () =>
                {
                    await jobs.Job(job).CancelAsync().ConfigureAwait(false);
                    return true;
                },
                cancel).ConfigureAwait(false);
        }
        catch (JobServiceException e) when (e.Code == JobServiceError.JobEnded)
        {
            // As asked.
        }

        return InfoOf(await ReportAsync(job, cancel).ConfigureAwait(false), []);
    }

    public async Task<SavepointInfo> SavepointAsync(string job, SavepointRequest request, CancellationToken cancel = default)
    {
        string folder = JobAdmission.SavepointFolderOf(request);
        JobReport report = await ReportAsync(job, cancel).ConfigureAwait(false);
        string metadata = CheckpointLayout.MetadataFile(folder);

        // A folder of the request's own that is complete answers for a master that is gone.
        bool isThere = request.Folder is null && File.Exists(Path.Combine(options.CheckpointDirectory, metadata));
        if (!isThere && report.End is null && report.State != JobState.Running)
        {
            throw new JobServiceException(JobServiceError.NotReady, $"The job '{report.Spec.Name}' ({job}) is {report.State}, so it cannot take a savepoint. Try again when it runs.");
        }

        string path = isThere ? metadata : await AskAsync(() => jobs.Job(job).SavepointAsync(folder, request.Stop, request.Drain, request.Id), cancel).ConfigureAwait(false);
        while (request.Stop && report.End is null)
        {
            await Task.Delay(s_poll, cancel).ConfigureAwait(false);
            report = await ReportAsync(job, cancel).ConfigureAwait(false);
        }

        return new SavepointInfo(request.Id, path, InfoOf(report, []));
    }

    public async Task<KeyAnswer> CallKeyAsync(string job, KeyCall call, CancellationToken cancel = default)
    {
        JobAdmission.RequireForm(call);
        KeyCallReading reading = await AskAsync(() => jobs.Job(job).ReadKeyCallAsync(JsonSerializer.Serialize(call, ServiceJson.Default.KeyCall)), cancel).ConfigureAwait(false);
        KeyRequest request = reading.Request ?? throw new JobServiceException(JobServiceError.KeyRefused, reading.Refusal!);
        return JobAdmission.AnswerOf(request, await AskAsync(() => jobs.KeysOf(job).SendAsync(request, cancel), cancel).ConfigureAwait(false));
    }

    public async Task<IReadOnlyList<CheckpointInfo>> GetCheckpointsAsync(string job, CancellationToken cancel = default)
    {
        await ReportAsync(job, cancel).ConfigureAwait(false);
        return (await HistoryAsync(job, cancel).ConfigureAwait(false)).Checkpoints;
    }

    public async Task<IReadOnlyList<FailureInfo>> GetFailuresAsync(string job, CancellationToken cancel = default)
    {
        await ReportAsync(job, cancel).ConfigureAwait(false);
        return (await HistoryAsync(job, cancel).ConfigureAwait(false)).Failures;
    }

    public async Task<JobMetrics> GetMetricsAsync(string job, CancellationToken cancel = default)
    {
        JobReport report = await ReportAsync(job, cancel).ConfigureAwait(false);
        return new JobMetrics(job, DateTimeOffset.UtcNow, [.. report.Operators.Select(OperatorOf)], 0);
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancel)
    {
        try
        {
            return await ask().WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (JobRefusedException e)
        {
            throw new JobServiceException(
                e.Reason switch
                {
                    JobRefusal.Conflict => JobServiceError.Conflict,
                    JobRefusal.NotFound => JobServiceError.JobNotFound,
                    JobRefusal.Ended => JobServiceError.JobEnded,
                    JobRefusal.NotReady => JobServiceError.NotReady,
                    _ => JobServiceError.SavepointFailed,
                },
                e.Message);
        }
        catch (OptionsException e)
        {
            throw new JobServiceException(JobServiceError.InvalidRequest, e.Message);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            throw new JobServiceException(JobServiceError.Unavailable, $"The cluster does not answer: {e.Message} A silo may just have been lost; the same request may succeed in a moment.", e);
        }
    }

    private static JobInfo InfoOf(JobRecord record) => new(
        record.Spec.Id, record.Spec.Name, record.Spec.Job, record.Spec.Package, record.End?.State ?? JobState.Starting, record.End?.Attempt ?? 0, record.Spec.SubmittedAt, record.End?.At,
        record.End is { Error: { } error } end ? FailureOf(end.Attempt, end.At, error) : null);

    private static JobInfo InfoOf(JobReport report, IReadOnlyList<FailureInfo> failures) => new(
        report.Spec.Id, report.Spec.Name, report.Spec.Job, report.Spec.Package, report.State, report.Attempt, report.Spec.SubmittedAt, report.End?.At,
        failures.Count > 0 ? failures[0] : report.Error is { } error ? FailureOf(report.Attempt, report.End?.At ?? DateTimeOffset.UtcNow, error) : null);

    private static OperatorInfo OperatorOf(OperatorReport o) => JobReports.Operator(new OperatorStatus(
        o.Name, o.Uid, o.Chain, o.Parallelism, o.RecordsIn, o.RecordsOut, o.LateDropped, o.BadRecords, o.Watermark, o.QueuedElements, o.BusyNs, o.BlockedNs, o.IdleNs)
    {
        HotKeys = [.. o.HotKeys.Select(k => new HotKey(k.Key, k.Share))],
    });

    // The dispatcher keeps a failure as text: type, colon, message.
    private static FailureInfo FailureOf(int attempt, DateTimeOffset at, string error)
    {
        int colon = error.IndexOf(": ", StringComparison.Ordinal);
        return new FailureInfo(attempt, at, colon < 0 ? "Exception" : error[..colon], colon < 0 ? error : error[(colon + 2)..], FaultOrigin.UserCode, false);
    }

    private Task<IReadOnlyList<JobRecord>> RecordsAsync(CancellationToken cancel) => AskAsync(() => jobs.Dispatcher.ListAsync(), cancel);

    private async Task<JobInfo> InfoAsync(JobRecord record, CancellationToken cancel)
    {
        try
        {
            return InfoOf(await ReportAsync(record.Spec.Id, cancel).ConfigureAwait(false), []);
        }
        catch (JobServiceException)
        {
            return InfoOf(record); // Its silo was lost just now; the list has it all the same.
        }
    }

    private Task<JobReport> ReportAsync(string job, CancellationToken cancel) => AskAsync(() => jobs.Job(job).GetReportAsync(), cancel);

    private async Task<(IReadOnlyList<CheckpointInfo> Checkpoints, IReadOnlyList<FailureInfo> Failures)> HistoryAsync(string job, CancellationToken cancel)
    {
        JobHistoryReport history = await AskAsync(() => jobs.Job(job).GetHistoryAsync(), cancel).ConfigureAwait(false);
        return (
            JsonSerializer.Deserialize(history.Checkpoints, ServiceJson.Default.IReadOnlyListCheckpointInfo)!,
            JsonSerializer.Deserialize(history.Failures, ServiceJson.Default.IReadOnlyListFailureInfo)!);
    }
}
