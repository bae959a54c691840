using System.Text.Json;
using OrleansStream.Service;

namespace OrleansStream.SiloTests.Service;

/// <summary>Keys of jobs by JSON, the same over threads and on a cluster, with keys and messages of types that only the package has.</summary>
public sealed class KeyServiceTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private const int OfEachSensor = 10;
    private static readonly (string, string)[] s_options = [("job.name", "ledgers"), ("checkpointing.interval", "50ms"), ("exchange.buffer-timeout", "1ms")];

    [Fact]
    public async Task Keys_of_a_job_over_threads_are_asked_and_told()
    {
        await using ServiceFixture fixture = new();
        JobSubmission count = await fixture.CountJobAsync(s_options);
        await RequireKeysAsync(fixture.Service, count with { Job = "LedgerJob" });
    }

    [Fact]
    public async Task Keys_of_a_job_on_a_cluster_are_asked_and_told() => await RequireKeysAsync(cluster.Service, await cluster.JobAsync("LedgerJob", s_options));

    [Fact]
    public async Task Who_asks_for_a_key_while_the_job_restarts_is_told_so_after_jobs_key_patience()
    {
        TimeSpan patience = TimeSpan.FromMilliseconds(200);
        await using ServiceFixture fixture = new(o => o with { KeyPatience = patience });
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        JobSubmission submission = await fixture.CountJobAsync([.. s_options, ("restart", "fixed-delay"), ("restart.delay", "1h")]);
        await fixture.Service.SubmitAsync(submission with { Job = "LedgerJob" });
        KeyCall question = new() { Operator = "ledgers", Key = Json("""{"site":"site 2","number":5}"""), Ask = "summary" };
        await Eventually.IsTrueAsync(async () => CountOf(await fixture.Service.CallKeyAsync(submission.Id, question, deadline.Token)) > 0, "the key to have a count");
        KeyCall wrong = question with { Id = ServiceFixture.NewId(), Ask = null, Tell = "Correction", Message = Json("""{"count":-1,"reason":null}""") };
        JobServiceException told = await Assert.ThrowsAsync<JobServiceException>(() => fixture.Service.CallKeyAsync(submission.Id, wrong, deadline.Token));
        JobServiceException asked = await Assert.ThrowsAsync<JobServiceException>(() => fixture.Service.CallKeyAsync(submission.Id, question, deadline.Token));
        Assert.All([told, asked], e => Assert.Equal((JobServiceError.NotReady, true), (e.Code, e.Message.Contains("It was tried for 0.2 s", StringComparison.Ordinal))));
    }

    [Fact]
    public void The_patience_of_a_silo_s_configuration_is_that_of_its_grains() => Assert.Equal(cluster.KeyPatience, cluster.GrainOptions.KeyPatience);

    private static async Task RequireKeysAsync(IJobService service, JobSubmission submission)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        CancellationToken cancel = deadline.Token;
        string job = submission.Id;
        await service.SubmitAsync(submission);
        KeyCall question = new() { Operator = "ledgers", Key = Json("""{"site":"site 2","number":5}"""), Ask = "summary" };
        KeyAnswer answer = await service.CallKeyAsync(job, question, cancel);
        await Eventually.IsTrueAsync(async () => CountOf(answer = await service.CallKeyAsync(job, question, cancel)) == OfEachSensor, "all samples");
        Assert.Equal((true, 1), (answer.HasValue, answer.Attempt));
        Assert.Equal(Enumerable.Range(0, 210).Where(i => i % 3 == 2 && i % 7 == 5).Sum(i => i % 10), answer.Value!.Value.GetProperty("sum").GetDouble());
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(194), answer.Value.Value.GetProperty("last").GetDateTimeOffset());

        // A number may be given as text, members in any case and order; a sensor that there is not has no state.
        Assert.Equal(OfEachSensor, CountOf(await service.CallKeyAsync(job, question with { Key = Json("""{"Number":"5","Site":"site 2"}"""), Durable = true, Id = ServiceFixture.NewId() }, cancel)));
        KeyAnswer none = await service.CallKeyAsync(job, question with { Key = Json("""{"site":"site 9","number":5}""") }, cancel);
        Assert.Equal((false, null, null), (none.HasValue, none.Value, none.Schema));

        // Told twice with one id, once with another.
        KeyCall message = new() { Id = ServiceFixture.NewId(), Operator = "ledgers", Key = question.Key, Tell = "Correction", Message = Json("""{"count":100,"reason":"a mistake"}"""), Durable = true };
        KeyAnswer[] same = await Task.WhenAll(service.CallKeyAsync(job, message, cancel), service.CallKeyAsync(job, message, cancel));
        Assert.All(same, a => Assert.True(a is { HasValue: false, CheckpointId: > 0 }));
        await service.CallKeyAsync(job, message with { Durable = false }, cancel);
        Assert.Equal(OfEachSensor + 100, CountOf(await service.CallKeyAsync(job, question, cancel)));
        await service.CallKeyAsync(job, message with { Id = ServiceFixture.NewId(), Tell = "SampleJobs.Correction", Durable = false }, cancel);
        Assert.Equal(OfEachSensor + 200, CountOf(await service.CallKeyAsync(job, question, cancel)));

        async Task RefusedAsync(JobServiceError code, KeyCall call, string why)
        {
            JobServiceException e = await Assert.ThrowsAsync<JobServiceException>(() => service.CallKeyAsync(job, call, cancel));
            Assert.Equal(code, e.Code);
            Assert.Contains(why, e.Message, StringComparison.Ordinal);
        }

        await RefusedAsync(JobServiceError.KeyRefused, question with { Operator = "ledger" }, "'ledgers'");
        await RefusedAsync(JobServiceError.KeyRefused, question with { Operator = "samples" }, "has no keys. Those that have: 'ledgers'");
        await RefusedAsync(JobServiceError.KeyRefused, question with { Ask = "sumary" }, "'summary'");
        await RefusedAsync(JobServiceError.KeyRefused, question with { Key = Json("5") }, "5 is no SampleJobs.Sensor { Site: string, Number: int }");
        await RefusedAsync(JobServiceError.KeyRefused, question with { Key = Json("null") }, "never null");
        await RefusedAsync(JobServiceError.KeyRefused, question with { Key = Json("""{"site":"site 2","number":"five"}""") }, "at number: \"five\" is no int");
        await RefusedAsync(JobServiceError.KeyRefused, question with { Key = Json("""{"site":"site 2"}""") }, "the member 'number' of SampleJobs.Sensor is missing");
        await RefusedAsync(JobServiceError.KeyRefused, message with { Tell = "Corection" }, "'SampleJobs.Correction'");
        await RefusedAsync(JobServiceError.KeyRefused, message with { Message = Json("""{"count":1,"reason":null,"by":"me"}""") }, "no member 'by'; it has count, reason");
        await RefusedAsync(JobServiceError.InvalidRequest, message with { Id = null }, "32 lower-case hexadecimal digits");
        await RefusedAsync(JobServiceError.InvalidRequest, message with { Message = null }, "message: goes with tell");
        await RefusedAsync(JobServiceError.InvalidRequest, question with { Ask = null }, "give one of both");
        await RefusedAsync(JobServiceError.InvalidRequest, message with { Ask = "summary" }, "give one of both");
        Assert.Equal(JobServiceError.JobNotFound, (await Assert.ThrowsAsync<JobServiceException>(() => service.CallKeyAsync("none", question, cancel))).Code);

        await service.CancelAsync(job);
        await Eventually.IsTrueAsync(async () => (await service.GetAsync(job)).Job.EndedAt is not null, "the job to end");
        Assert.Equal(JobServiceError.JobEnded, (await Assert.ThrowsAsync<JobServiceException>(() => service.CallKeyAsync(job, question, cancel))).Code);
    }

    private static long CountOf(KeyAnswer answer) => answer.Value is { } value ? value.GetProperty("count").GetInt64() : 0;

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
