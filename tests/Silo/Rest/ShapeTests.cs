using System.Text.Json;
using OrleansStream.Service;

namespace OrleansStream.SiloTests.Rest;

/// <summary>The shapes of REST are frozen: who changes a line here breaks clients.</summary>
public sealed class ShapeTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly FailureInfo s_failure = new(2, s_noon, "IOException", "disk full", FaultOrigin.ExternalSystem, true);
    private static readonly JobInfo s_job = new("a1", "delays", "Flights.DelayJob", "ff00", JobState.Running, 3, s_noon, null, s_failure);

    [Fact]
    public void A_job_has_this_shape() => Same(
        """{"id":"a1","name":"delays","job":"Flights.DelayJob","package":"ff00","state":"running","attempt":3,"submittedAt":"2026-03-01T12:00:00+00:00","failure":{"attempt":2,"at":"2026-03-01T12:00:00+00:00","type":"IOException","message":"disk full","origin":"external-system","canRetry":true},"hasEnded":false}""",
        JsonSerializer.Serialize(s_job, ServiceJson.Default.JobInfo));

    [Fact]
    public void Details_have_this_shape() => Same(
        """{"job":{"id":"b","name":"n","job":"J","state":"finished","attempt":1,"submittedAt":"2026-03-01T12:00:00+00:00","endedAt":"2026-03-01T12:00:00+00:00","hasEnded":true},"options":{"parallelism":"4"},"operators":[{"name":"map","uid":"u","chain":0,"parallelism":4,"recordsIn":1,"recordsOut":2,"lateDropped":3,"badRecords":4,"watermarkMs":5,"queuedElements":6,"busyShare":0.5,"blockedShare":0.25,"idleShare":0.25}],"lastCheckpoint":{"id":7,"kind":"savepoint","attempt":1,"state":"completed","startedAt":"2026-03-01T12:00:00+00:00","endedAt":"2026-03-01T12:00:00+00:00","path":"n/chk-7/1/metadata"}}""",
        JsonSerializer.Serialize(
            new JobDetails(
                new JobInfo("b", "n", "J", null, JobState.Finished, 1, s_noon, s_noon, null), new Dictionary<string, string> { ["parallelism"] = "4" },
                [new OperatorInfo("map", "u", 0, 4, 1, 2, 3, 4, 5, 6, 0.5, 0.25, 0.25)],
                new CheckpointInfo(7, CheckpointKind.Savepoint, 1, CheckpointState.Completed, s_noon, s_noon, "n/chk-7/1/metadata", null)),
            ServiceJson.Default.JobDetails));

    [Fact]
    public void A_problem_has_this_shape() => Same(
        """{"type":"urn:orleansstream:job-not-found","title":"Job not found","status":404,"detail":"There is no job x.","code":"job-not-found"}""",
        JsonSerializer.Serialize(
            new ProblemInfo("urn:orleansstream:job-not-found", "Job not found", 404, "There is no job x.", JobServiceError.JobNotFound), ServiceJson.Default.ProblemInfo));

    [Fact]
    public void A_submission_is_read_from_this_shape()
    {
        JobSubmission read = JsonSerializer.Deserialize(
            """{"id":"c3","package":"ff00","job":"DelayJob","options":{"checkpointing.interval":"1s","set.limit":"500"}}""", ServiceJson.Default.JobSubmission)!;
        Assert.Equal(("c3", "ff00", "DelayJob"), (read.Id, read.Package, read.Job));
        Assert.Equal("1s", read.Options["checkpointing.interval"]);
        Assert.Equal("500", read.Options["set.limit"]);
        Assert.Empty(JsonSerializer.Deserialize("""{"id":"c3"}""", ServiceJson.Default.JobSubmission)!.Options);
    }

    [Fact]
    public void A_savepoint_request_is_read_from_this_shape()
    {
        SavepointRequest read = JsonSerializer.Deserialize("""{"id":"d4","folder":"mine","stop":true,"drain":true}""", ServiceJson.Default.SavepointRequest)!;
        Assert.Equal(new SavepointRequest { Id = "d4", Folder = "mine", Stop = true, Drain = true }, read);
    }

    [Fact]
    public void A_call_of_a_key_is_read_from_this_shape()
    {
        KeyCall told = JsonSerializer.Deserialize(
            """{"id":"e5","operator":"accounts","key":{"iban":"DE02"},"tell":"Freeze","message":{"reason":"stolen"},"durable":true}""", ServiceJson.Default.KeyCall)!;
        Assert.Equal(("e5", "accounts", "Freeze", null, true), (told.Id, told.Operator, told.Tell, told.Ask, told.Durable));
        Assert.Equal(("DE02", "stolen"), (told.Key.GetProperty("iban").GetString(), told.Message!.Value.GetProperty("reason").GetString()));
        KeyCall asked = JsonSerializer.Deserialize("""{"operator":"accounts","key":5,"ask":"balance"}""", ServiceJson.Default.KeyCall)!;
        Assert.Equal((null, 5, "balance", null, null, false), (asked.Id, asked.Key.GetInt32(), asked.Ask, asked.Tell, asked.Message, asked.Durable));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("""{"operator":"accounts","ask":"balance"}""", ServiceJson.Default.KeyCall));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("""{"operator":"accounts","key":5,"state":"balance"}""", ServiceJson.Default.KeyCall));
    }

    [Fact]
    public void An_answer_of_a_key_has_this_shape()
    {
        Same(
            """{"hasValue":true,"value":{"total":12.50},"schema":"AQI=","attempt":3,"checkpointId":17}""",
            JsonSerializer.Serialize(new KeyAnswer(true, JsonElement.Parse("""{"total":12.50}"""), [1, 2], 3, 17), ServiceJson.Default.KeyAnswer));
        Same("""{"hasValue":false,"attempt":1,"checkpointId":0}""", JsonSerializer.Serialize(new KeyAnswer(false, null, null, 1, 0), ServiceJson.Default.KeyAnswer));
    }

    [Theory]
    [InlineData("""{"id":"c3","parallelism":4}""")]
    [InlineData("""{"package":"ff00"}""")]
    [InlineData("""{"id":null}""")]
    public void A_submission_with_a_member_too_many_or_too_few_is_refused(string text) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(text, ServiceJson.Default.JobSubmission));

    [Fact]
    public void Every_code_survives_the_way_there_and_back()
    {
        foreach (JobServiceError code in Enum.GetValues<JobServiceError>())
        {
            ProblemInfo problem = new("t", "t", 400, "d", code);
            Assert.Equal(problem, JsonSerializer.Deserialize(JsonSerializer.Serialize(problem, ServiceJson.Default.ProblemInfo), ServiceJson.Default.ProblemInfo));
        }
    }

    private static void Same(string expected, string actual) => Assert.Equal(expected, actual);
}
