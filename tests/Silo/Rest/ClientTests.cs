using OrleansStream.Client;
using OrleansStream.Service;
using OrleansStream.SiloTests.Packages;
using OrleansStream.SiloTests.Service;

namespace OrleansStream.SiloTests.Rest;

/// <summary>The client SDK against REST.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task A_job_is_uploaded_submitted_watched_and_stopped()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        await using StreamClient client = rest.Connect();
        PackageInfo package = await client.UploadAsync(SamplePackage.Assembly);
        Dictionary<string, string> options = new() { ["set.output"] = rest.Jobs.Folder.At("out"), ["set.endless"] = "true", ["checkpointing.interval"] = "50ms", ["job.name"] = "counts" };
        StreamJob job = await client.SubmitAsync(package.Id, "CountJob", options);
        SavepointInfo during = await job.SavepointAsync("first");
        Assert.Equal("savepoints/first/metadata", during.Path);
        await Eventually.IsTrueAsync(async () => (await job.GetMetricsAsync()).Operators.Any(o => o.Uid == "counts" && o.RecordsIn > 100), "100 records");
        SavepointInfo end = await job.StopWithSavepointAsync(drain: true);
        Assert.Equal(JobState.Stopped, end.Job.State);
        JobInfo ended = await job.WaitAsync();
        Assert.Equal(("counts", JobState.Stopped), (ended.Name, ended.State));
        Assert.Contains(await job.GetCheckpointsAsync(), c => c.Kind == CheckpointKind.Savepoint && c.State == CheckpointState.Completed);
        Assert.Empty(await job.GetFailuresAsync());
        Assert.Equal(job.Id, Assert.Single(await client.ListAsync()).Id);
        Assert.True(rest.Jobs.Counts().Values.Sum() > 100);
        JobDetails details = await job.GetAsync();
        Assert.Equal("50ms", details.Options["checkpointing.interval"]);
        Assert.Equal(end.Path, details.LastCheckpoint?.Path);
    }

    [Fact]
    public async Task A_job_of_this_program_is_packed_and_submitted_in_one_call()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        await using StreamClient client = rest.Connect();
        StreamJob job = await client.SubmitAsync<BuiltInJob>(new JobOptions { Parallelism = 1, Arguments = new JobArguments([KeyValuePair.Create("count", "1000")]) });
        Assert.Equal(JobState.Finished, (await job.WaitAsync()).State);
        JobDetails details = await job.GetAsync();
        Assert.Equal(1000, details.Operators[0].RecordsOut);
        Assert.Equal(1, details.Operators[0].Parallelism);
        Assert.NotNull(details.Job.Package);
    }

    [Fact]
    public async Task A_package_that_the_cluster_has_is_not_uploaded_again()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        await using StreamClient admin = rest.Connect();
        PackageInfo package = await admin.UploadAsync(SamplePackage.Assembly);
        await using StreamClient user = rest.Connect(token: null);
        Assert.Equal(package.Id, (await user.UploadAsync(SamplePackage.Assembly)).Id);
        await admin.Service.DeletePackageAsync(package.Id);
        Assert.Equal(JobServiceError.Forbidden, (await Assert.ThrowsAsync<JobServiceException>(() => user.UploadAsync(SamplePackage.Assembly))).Code);
    }

    [Fact]
    public async Task Cancel_waits_for_the_end_and_a_failed_job_gives_its_reason()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        await using StreamClient client = rest.Connect();
        string package = (await client.UploadAsync(SamplePackage.Assembly)).Id;
        StreamJob endless = await client.SubmitAsync(package, "CountJob", new Dictionary<string, string> { ["set.endless"] = "true", ["set.output"] = rest.Jobs.Folder.At("out") });
        Assert.Equal(JobState.Cancelled, (await endless.CancelAsync()).State);
        StreamJob failing = await client.SubmitAsync(package, "FailingJob");
        JobInfo failed = await failing.WaitAsync();
        Assert.Equal(JobState.Failed, failed.State);
        Assert.Contains("sample 500 is broken", failed.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_come_as_exceptions_with_their_code()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        await using StreamClient client = rest.Connect();
        async Task<JobServiceException> Refusal(Func<Task> ask) => await Assert.ThrowsAsync<JobServiceException>(ask);
        Assert.Equal(JobServiceError.JobNotFound, (await Refusal(() => client.Job("none").GetAsync())).Code);
        Assert.Equal(JobServiceError.JobNotFound, (await Refusal(() => client.Job("a/b?c#d").GetAsync())).Code);
        Assert.Equal(JobServiceError.PackageNotFound, (await Refusal(() => client.Service.DeletePackageAsync("none"))).Code);
        Assert.Equal(JobServiceError.InvalidRequest, (await Refusal(() => client.SubmitAsync(null, "NoJob"))).Code);
        JobServiceException wrong = await Refusal(() => client.SubmitAsync(null, "BuiltInJob", new Dictionary<string, string> { ["paralelism"] = "4" }));
        Assert.Contains("The nearest is --parallelism", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(JobServiceError.InvalidPackage, (await Refusal(() => client.Service.UploadPackageAsync(new MemoryStream([1, 2, 3])))).Code);
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_an_exception_with_the_address()
    {
        await using StreamClient client = StreamClient.Connect("http://127.0.0.1:1", new StreamClientOptions { RetryFor = TimeSpan.FromMilliseconds(50), RetryDelay = TimeSpan.FromMilliseconds(5) });
        JobServiceException e = await Assert.ThrowsAsync<JobServiceException>(() => client.ListAsync());
        Assert.Equal(JobServiceError.Unavailable, e.Code);
        Assert.True(e.CanRetry);
        Assert.Contains("http://127.0.0.1:1", e.Message, StringComparison.Ordinal);
        Assert.Throws<OptionsException>(() => StreamClient.Connect("localhost:8081"));
        Assert.Throws<OptionsException>(() => StreamClient.Connect("http://localhost:8081", new StreamClientOptions { Timeout = TimeSpan.Zero }));
    }

    [Fact]
    public async Task An_answer_that_got_lost_is_asked_for_again_and_nothing_happens_twice()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        using LossyHandler lossy = new(new SocketsHttpHandler());
        await using StreamClient client = StreamClient.Connect(
            rest.Url, new StreamClientOptions { Token = RestFixture.AdminToken, Handler = lossy, RetryDelay = TimeSpan.FromMilliseconds(1), PollInterval = TimeSpan.FromMilliseconds(20) });
        string package = (await client.UploadAsync(SamplePackage.Assembly)).Id;
        StreamJob job = await client.SubmitAsync(package, "CountJob", new Dictionary<string, string> { ["set.endless"] = "true", ["set.output"] = rest.Jobs.Folder.At("out") });
        SavepointInfo savepoint = await job.StopWithSavepointAsync();
        Assert.Equal(JobState.Stopped, savepoint.Job.State);
        await client.Service.DeletePackageAsync(package);
        Assert.Single(await client.ListAsync());
        Assert.Equal(1, (await job.GetCheckpointsAsync()).Count(c => c.Kind == CheckpointKind.Savepoint));
        Assert.True(lossy.Lost >= 6);
    }

    [Fact]
    public async Task Who_waits_no_longer_leaves_the_job_as_it_is_and_is_not_kept_by_repetitions()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        await using StreamClient client = rest.Connect();
        string package = (await client.UploadAsync(SamplePackage.Assembly)).Id;
        StreamJob job = await client.SubmitAsync(package, "CountJob", new Dictionary<string, string> { ["set.endless"] = "true", ["set.output"] = rest.Jobs.Folder.At("out") });
        await rest.Jobs.WaitForAsync(job.Id, JobState.Running);
        using CancellationTokenSource stop = new();
        Task<JobInfo> waiting = job.WaitAsync(stop.Token);
        await using StreamClient nowhere = StreamClient.Connect("http://127.0.0.1:1", new StreamClientOptions { RetryFor = TimeSpan.FromHours(1), RetryDelay = TimeSpan.FromMinutes(30) });
        Task repeating = nowhere.ListAsync(stop.Token);
        Assert.False(waiting.IsCompleted || repeating.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => repeating.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(JobState.Running, (await job.GetAsync()).Job.State);
    }

    [Fact]
    public async Task Another_silo_is_asked_when_one_does_not_answer()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        await using StreamClient client = StreamClient.Connect($"http://127.0.0.1:1, {rest.Url}", new StreamClientOptions { RetryDelay = TimeSpan.FromMilliseconds(1) });
        Assert.Empty(await client.ListAsync());
    }

    [Fact]
    public async Task A_savepoint_that_takes_long_is_asked_for_until_it_is_there()
    {
        SlowSavepoints? slow = null;
        await using RestFixture rest = await RestFixture.StartAsync(wrap: inner => slow = new SlowSavepoints(inner));
        using HttpClient http = new() { BaseAddress = new Uri(rest.Url) };
        using StringContent body = new("""{"id":"0123456789abcdef0123456789abcdef"}""", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await http.PostAsync(new Uri("v1/jobs/x/savepoints?wait=0.01", UriKind.Relative), body);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
        slow!.Done.SetResult();
        await using StreamClient client = rest.Connect();
        Assert.Equal("p", (await client.Job("x").SavepointAsync()).Path);
    }
}
