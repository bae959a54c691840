using OrleansStream.Service;

namespace OrleansStream.SiloTests.Service;

/// <summary>The job service over threads.</summary>
public sealed class LocalJobServiceTests
{
    [Fact]
    public async Task A_job_of_a_package_runs_to_its_end()
    {
        await using ServiceFixture fixture = new();
        JobSubmission submission = await fixture.CountJobAsync(("set.count", "7000"), ("parallelism", "2"), ("set.db-password", "xyzzy"));
        JobInfo job = await fixture.Service.SubmitAsync(submission);
        Assert.Equal((submission.Id, "CountJob", "SampleJobs.CountJob", submission.Package), (job.Id, job.Name, job.Job, job.Package));
        await fixture.WaitForAsync(job.Id, JobState.Finished);
        Assert.Equal(7000, fixture.Counts().Values.Sum());

        JobDetails details = await fixture.Service.GetAsync(job.Id);
        Assert.True(details.Job.HasEnded);
        Assert.NotNull(details.Job.EndedAt);
        Assert.Equal("7000", details.Options["set.count"]);
        Assert.Equal("…", details.Options["set.db-password"]);
        Assert.Contains(details.Operators, o => o.Uid == "counts" && o.RecordsIn == 7000 && o.Parallelism == 2);
        Assert.Equal(CheckpointKind.Final, details.LastCheckpoint?.Kind);
        Assert.Equal([job.Id], (await fixture.Service.ListAsync()).Select(j => j.Id));
        JobMetrics metrics = await fixture.Service.GetMetricsAsync(job.Id);
        Assert.All(metrics.Operators, o => Assert.InRange(o.BusyShare + o.BlockedShare + o.IdleShare, 0, 1.001));
    }

    [Fact]
    public async Task A_submission_may_be_repeated()
    {
        await using ServiceFixture fixture = new();
        JobSubmission submission = await fixture.CountJobAsync(("set.endless", "true"));
        JobInfo[] same = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => fixture.Service.SubmitAsync(submission with { })));
        Assert.Single(same.Select(j => (j.Id, j.SubmittedAt)).Distinct());
        Assert.Single(await fixture.Service.ListAsync());
        JobServiceException e = await Assert.ThrowsAsync<JobServiceException>(() => fixture.Service.SubmitAsync(submission with { Job = "FailingJob" }));
        Assert.Equal(JobServiceError.Conflict, e.Code);
        e = await Assert.ThrowsAsync<JobServiceException>(() => fixture.Service.SubmitAsync(submission with { Id = ServiceFixture.NewId() }));
        Assert.Equal(JobServiceError.Conflict, e.Code);
        Assert.Contains("has not ended", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_with_a_savepoint_and_start_from_it_counts_every_record_once()
    {
        await using ServiceFixture fixture = new();
        JobSubmission first = await fixture.CountJobAsync(("set.endless", "true"), ("set.rate", "20000"), ("checkpointing.interval", "50ms"));
        await fixture.Service.SubmitAsync(first);
        await Eventually.IsTrueAsync(async () => (await fixture.Service.GetCheckpointsAsync(first.Id)).Count(c => c.State == CheckpointState.Completed) >= 2, "two checkpoints");
        SavepointRequest request = new() { Id = ServiceFixture.NewId(), Stop = true };
        SavepointInfo[] same = await Task.WhenAll(fixture.Service.SavepointAsync(first.Id, request), fixture.Service.SavepointAsync(first.Id, request));
        Assert.Equal($"savepoints/{request.Id}/metadata", Assert.Single(same.Select(s => s.Path).Distinct()));
        Assert.Equal(JobState.Stopped, same[0].Job.State);
        Assert.Equal(same[0].Path, (await fixture.Service.SavepointAsync(first.Id, request)).Path);
        Assert.Equal(JobServiceError.JobEnded, (await Assert.ThrowsAsync<JobServiceException>(
            () => fixture.Service.SavepointAsync(first.Id, request with { Id = ServiceFixture.NewId() }))).Code);
        long before = fixture.Counts().Values.Sum();

        JobSubmission second = await fixture.CountJobAsync(("set.endless", "true"), ("set.rate", "20000"), ("from-savepoint", same[0].Path), ("parallelism", "3"));
        await fixture.Service.SubmitAsync(second);
        await Eventually.IsTrueAsync(async () => (await fixture.Service.GetMetricsAsync(second.Id)).Operators.Any(o => o.Uid == "counts" && o.RecordsIn > 500), "500 records");
        await fixture.Service.SavepointAsync(second.Id, new SavepointRequest { Id = ServiceFixture.NewId(), Folder = "mine", Stop = true });
        Assert.True(fixture.Counts().Values.Sum() >= before + 500);
        IReadOnlyList<CheckpointInfo> checkpoints = await fixture.Service.GetCheckpointsAsync(second.Id);
        Assert.Equal((CheckpointKind.Savepoint, CheckpointState.Completed, "savepoints/mine/metadata"), (checkpoints[0].Kind, checkpoints[0].State, checkpoints[0].Path));
    }

    [Fact]
    public async Task A_job_that_fails_says_why()
    {
        await using ServiceFixture fixture = new();
        JobSubmission submission = await fixture.CountJobAsync(("restart", "fixed-delay"), ("restart.attempts", "2"), ("restart.delay", "1ms"));
        await fixture.Service.SubmitAsync(submission with { Job = "FailingJob", Options = submission.Options.Where(o => o.Key != "set.output").ToDictionary() });
        await fixture.WaitForAsync(submission.Id, JobState.Failed);
        IReadOnlyList<FailureInfo> failures = await fixture.Service.GetFailuresAsync(submission.Id);
        Assert.Equal([3, 2, 1], failures.Select(f => f.Attempt));
        Assert.All(failures, f => Assert.Contains("sample 500 is broken", f.Message, StringComparison.Ordinal));
        Assert.Equal(FaultOrigin.UserCode, failures[0].Origin);
        Assert.Equal(failures[0], (await fixture.Service.GetAsync(submission.Id)).Job.Failure);
    }

    [Fact]
    public async Task Cancel_ends_a_job_and_may_be_repeated()
    {
        await using ServiceFixture fixture = new();
        JobSubmission submission = await fixture.CountJobAsync(("set.endless", "true"));
        await fixture.Service.SubmitAsync(submission);
        await fixture.WaitForAsync(submission.Id, JobState.Running);
        JobServiceException e = await Assert.ThrowsAsync<JobServiceException>(() => fixture.Service.DeletePackageAsync(submission.Package!));
        Assert.Equal(JobServiceError.Conflict, e.Code);
        await fixture.Service.CancelAsync(submission.Id);
        await fixture.WaitForAsync(submission.Id, JobState.Cancelled);
        Assert.Equal(JobState.Cancelled, (await fixture.Service.CancelAsync(submission.Id)).State);
        await Eventually.IsTrueAsync(async () => (await fixture.Service.GetAsync(submission.Id)).Job.EndedAt is not null, "the job to be let go");
        await fixture.Service.DeletePackageAsync(submission.Package!);
        Assert.Empty(await fixture.Service.ListPackagesAsync());
    }

    [Fact]
    public async Task A_job_that_is_built_in_needs_no_package()
    {
        await using ServiceFixture fixture = new(o => o with { PackageDirectory = null });
        JobSubmission submission = new() { Id = ServiceFixture.NewId(), Job = "BuiltInJob" };
        await fixture.Service.SubmitAsync(submission);
        await fixture.WaitForAsync(submission.Id, JobState.Finished);
        Assert.Equal(JobServiceError.InvalidRequest, (await Assert.ThrowsAsync<JobServiceException>(fixture.UploadAsync)).Code);
        Assert.Empty(await fixture.Service.ListPackagesAsync());
    }

    [Theory]
    [InlineData("paralelism", "4", "The nearest is --parallelism")]
    [InlineData("checkpointing.directory", "elsewhere", "is the service's to say")]
    [InlineData("from-savepoint", "../outside", "is not in the service's checkpoint directory")]
    [InlineData("from-savepoint", "/etc", "is not in the service's checkpoint directory")]
    [InlineData("from-savepoint", "file:///etc", "is not in the service's checkpoint directory")]
    [InlineData("job.name", "savepoints", "is the folder of savepoints")]
    [InlineData("set.count", "many", "cannot be read as Int32")]
    [InlineData("parallelism", "0", "must be from 1 to 32768")]
    public async Task A_wrong_option_is_refused_and_named(string option, string value, string message)
    {
        await using ServiceFixture fixture = new();
        JobSubmission submission = await fixture.CountJobAsync((option, value));
        JobServiceException e = await Assert.ThrowsAsync<JobServiceException>(() => fixture.Service.SubmitAsync(submission));
        Assert.Equal(JobServiceError.InvalidRequest, e.Code);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Empty(await fixture.Service.ListAsync());
    }

    [Fact]
    public async Task A_submission_that_cannot_run_is_refused_before_anything_is_kept()
    {
        await using ServiceFixture fixture = new(o => o with { MaxRunning = 1, MaxOperators = 2 });
        JobSubmission submission = await fixture.CountJobAsync();
        async Task<JobServiceException> Refusal(JobSubmission s) => await Assert.ThrowsAsync<JobServiceException>(() => fixture.Service.SubmitAsync(s));
        Assert.Contains("more than 2", (await Refusal(submission)).Message, StringComparison.Ordinal);
        Assert.Contains("defines no stream", (await Refusal(submission with { Job = "EmptyJob", Options = JobArguments.Empty.Values })).Message, StringComparison.Ordinal);
        Assert.Equal(JobServiceError.InvalidRequest, (await Refusal(submission with { Id = "short" })).Code);
        Assert.Equal(JobServiceError.PackageNotFound, (await Refusal(submission with { Package = new string('0', 64) })).Code);
        Assert.Equal(JobServiceError.InvalidPackage, (await Refusal(submission with { Job = "NoJob" })).Code);
        Assert.Empty(await fixture.Service.ListAsync());
    }

    [Fact]
    public async Task Jobs_that_have_ended_are_forgotten_in_time_and_no_more_run_than_allowed()
    {
        await using ServiceFixture fixture = new(o => o with { MaxRunning = 1, MaxEnded = 1 });
        for (int i = 0; i < 3; i++)
        {
            JobSubmission one = new() { Id = ServiceFixture.NewId(), Job = "BuiltInJob" };
            await fixture.Service.SubmitAsync(one);
            await Eventually.IsTrueAsync(async () => (await fixture.Service.GetAsync(one.Id)).Job.EndedAt is not null, "the job to end");
        }

        JobSubmission endless = await fixture.CountJobAsync(("set.endless", "true"));
        await fixture.Service.SubmitAsync(endless);
        Assert.Equal(2, (await fixture.Service.ListAsync()).Count);
        Assert.Equal(endless.Id, (await fixture.Service.ListAsync())[0].Id);
        Assert.Equal(JobServiceError.TooMany, (await Assert.ThrowsAsync<JobServiceException>(() => fixture.Service.SubmitAsync(new JobSubmission { Id = ServiceFixture.NewId(), Job = "BuiltInJob" }))).Code);
    }

    [Theory]
    [InlineData("../up", false, false)]
    [InlineData("/abs", false, false)]
    [InlineData(".hidden", false, false)]
    [InlineData(null, false, true)]
    public async Task A_wrong_savepoint_is_refused(string? folder, bool stop, bool drain)
    {
        await using ServiceFixture fixture = new();
        JobSubmission submission = await fixture.CountJobAsync(("set.endless", "true"));
        await fixture.Service.SubmitAsync(submission);
        JobServiceException e = await Assert.ThrowsAsync<JobServiceException>(
            () => fixture.Service.SavepointAsync(submission.Id, new SavepointRequest { Id = ServiceFixture.NewId(), Folder = folder, Stop = stop, Drain = drain }));
        Assert.Equal(JobServiceError.InvalidRequest, e.Code);
        Assert.Equal(JobServiceError.JobNotFound, (await Assert.ThrowsAsync<JobServiceException>(() => fixture.Service.GetAsync("x"))).Code);
    }

    [Fact]
    public async Task All_jobs_stop_with_a_checkpoint_that_a_new_service_resumes_from()
    {
        await using ServiceFixture fixture = new();
        JobSubmission first = await fixture.CountJobAsync(("set.endless", "true"));
        await fixture.Service.SubmitAsync(first);
        await Eventually.IsTrueAsync(async () => (await fixture.Service.GetMetricsAsync(first.Id)).Operators.Any(o => o.Uid == "counts" && o.RecordsIn > 100), "100 records");
        await fixture.Service.StopAllAsync();
        Assert.Equal(JobState.Stopped, (await fixture.Service.GetAsync(first.Id)).Job.State);
        long before = fixture.Counts().Values.Sum();
        JobSubmission second = await fixture.CountJobAsync(("set.endless", "true"), ("resume", "true"));
        await fixture.Service.SubmitAsync(second);
        await fixture.WaitForAsync(second.Id, JobState.Running);
        await fixture.Service.StopAllAsync();
        Assert.True(fixture.Counts().Values.Sum() >= before && before > 100);
    }
}
