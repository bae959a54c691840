using OrleansStream.Service;

namespace OrleansStream.SiloTests.Service;

/// <summary>The job service of a cluster: the same answers as that over threads.</summary>
public sealed class ClusterJobServiceTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private IJobService Service => cluster.Service;

    [Fact]
    public async Task A_submission_may_be_repeated_and_a_name_is_taken_once()
    {
        JobSubmission submission = await cluster.JobAsync("CountJob", ("set.endless", "true"), ("job.name", "repeated"), ("set.output", cluster.Folder.At("repeated")), ("set.db-password", "xyzzy"));
        JobInfo[] same = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Service.SubmitAsync(submission)));
        Assert.Single(same.Select(j => (j.Id, j.SubmittedAt)).Distinct());
        Assert.Equal(JobServiceError.Conflict, (await RefusalAsync(() => Service.SubmitAsync(submission with { Job = "FailingJob" }))).Code);
        JobServiceException taken = await RefusalAsync(() => Service.SubmitAsync(submission with { Id = ServiceFixture.NewId() }));
        Assert.Equal(JobServiceError.Conflict, taken.Code);
        Assert.Equal(JobServiceError.Conflict, (await RefusalAsync(() => Service.DeletePackageAsync(submission.Package!))).Code);

        // Defaults of the silo hold, and are the job's from then on.
        JobDetails details = await Service.GetAsync(submission.Id);
        Assert.Equal(("2", "50ms", "…"), (details.Options["parallelism"], details.Options["watermark.interval"], details.Options["set.db-password"]));
        await Service.CancelAsync(submission.Id);
        await EndedAsync(submission.Id, JobState.Cancelled);
        Assert.Equal(JobState.Cancelled, (await Service.CancelAsync(submission.Id)).State);
        Assert.Equal(JobServiceError.JobEnded, (await RefusalAsync(() => Service.SavepointAsync(submission.Id, new SavepointRequest { Id = ServiceFixture.NewId() }))).Code);
        Assert.Equal(submission.Id, (await Service.SubmitAsync(submission)).Id);
    }

    [Fact]
    public async Task A_savepoint_may_be_asked_for_again_also_after_the_end()
    {
        JobSubmission submission = await cluster.JobAsync("CountJob", ("set.endless", "true"), ("job.name", "saved"), ("set.output", cluster.Folder.At("saved")), ("checkpointing.interval", "100ms"));
        await Service.SubmitAsync(submission);
        await Eventually.IsTrueAsync(async () => (await Service.GetCheckpointsAsync(submission.Id)).Any(c => c.State == CheckpointState.Completed), "a checkpoint");
        SavepointRequest request = new() { Id = ServiceFixture.NewId(), Folder = "asked-twice", Stop = true, Drain = true };
        SavepointInfo[] same = await Task.WhenAll(Service.SavepointAsync(submission.Id, request), Service.SavepointAsync(submission.Id, request));
        Assert.Equal("savepoints/asked-twice/metadata", Assert.Single(same.Select(s => s.Path).Distinct()));
        Assert.Equal(JobState.Stopped, same[0].Job.State);
        Assert.Equal(same[0].Path, (await Service.SavepointAsync(submission.Id, request)).Path);
        long before = SampleOutput.Counts(cluster.Folder.At("saved")).Values.Sum();

        JobSubmission second = submission with { Id = ServiceFixture.NewId(), Options = new Dictionary<string, string>(submission.Options) { ["from-savepoint"] = same[0].Path, ["parallelism"] = "3" } };
        await Service.SubmitAsync(second);
        await Eventually.IsTrueAsync(async () => (await Service.GetMetricsAsync(second.Id)).Operators.Any(o => o.Uid == "counts" && o.RecordsIn > 500), "500 records");
        await Service.SavepointAsync(second.Id, new SavepointRequest { Id = ServiceFixture.NewId(), Stop = true });
        Assert.True(SampleOutput.Counts(cluster.Folder.At("saved")).Values.Sum() >= before + 500);
    }

    [Fact]
    public async Task A_job_that_fails_says_why()
    {
        JobSubmission submission = await cluster.JobAsync("FailingJob", ("restart", "fixed-delay"), ("restart.attempts", "1"), ("restart.delay", "1ms"));
        await Service.SubmitAsync(submission);
        JobInfo ended = await EndedAsync(submission.Id, JobState.Failed);
        Assert.Contains("sample 500 is broken", ended.Failure?.Message, StringComparison.Ordinal);
        Assert.Equal([2, 1], (await Service.GetFailuresAsync(submission.Id)).Select(f => f.Attempt));
        Assert.Contains((await Service.ListAsync()).Single(j => j.Id == submission.Id).Failure!.Message, ended.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_run_is_refused()
    {
        JobSubmission submission = await cluster.JobAsync("CountJob");
        Assert.Equal(JobServiceError.InvalidRequest, (await RefusalAsync(() => Service.SubmitAsync(submission with { Job = "EmptyJob" }))).Code);
        Assert.Equal(JobServiceError.InvalidPackage, (await RefusalAsync(() => Service.SubmitAsync(submission with { Job = "NoJob" }))).Code);
        Assert.Equal(JobServiceError.PackageNotFound, (await RefusalAsync(() => Service.SubmitAsync(submission with { Package = new string('0', 64) }))).Code);
        JobServiceException wrong = await RefusalAsync(() => Service.SubmitAsync(submission with { Options = new Dictionary<string, string> { ["paralelism"] = "1" } }));
        Assert.Contains("The nearest is --parallelism", wrong.Message, StringComparison.Ordinal);
        foreach (Func<Task> ask in new Func<Task>[]
        {
            () => Service.GetAsync("none"), () => Service.CancelAsync("none"), () => Service.GetCheckpointsAsync("none"), () => Service.GetFailuresAsync("none"), () => Service.GetMetricsAsync("none"),
            () => Service.SavepointAsync("none", new SavepointRequest { Id = ServiceFixture.NewId() }),
        })
        {
            Assert.Equal(JobServiceError.JobNotFound, (await RefusalAsync(ask)).Code);
        }
    }

    private static async Task<JobServiceException> RefusalAsync(Func<Task> ask) => await Assert.ThrowsAsync<JobServiceException>(ask);

    private async Task<JobInfo> EndedAsync(string job, JobState state)
    {
        await Eventually.IsTrueAsync(async () => (await Service.GetAsync(job)).Job.EndedAt is not null, "the job to end");
        JobInfo ended = (await Service.GetAsync(job)).Job;
        Assert.Equal(state, ended.State);
        return ended;
    }
}
