using System.Net;
using System.Text;
using OrleansStream.Client;
using OrleansStream.Hosting;
using OrleansStream.Service;
using OrleansStream.SiloTests.Packages;

namespace OrleansStream.SiloTests.Rest;

/// <summary>A key as a program without the job's assembly has it: members of the same names.</summary>
public sealed record SensorName(int Number, string Site);

/// <summary>A part of the state, and one member that it never had.</summary>
public sealed record Totals(double Sum, long Count, string? Remark);

/// <summary>Keys of jobs by the client SDK.</summary>
public sealed class KeyClientTests
{
    private readonly CancellationToken _cancel = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task A_key_is_asked_and_told_by_types_of_the_program()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        using LossyHandler lossy = new(new SocketsHttpHandler());
        await using StreamClient client = StreamClient.Connect(
            rest.Url, new StreamClientOptions { Token = RestFixture.AdminToken, Handler = lossy, RetryDelay = TimeSpan.FromMilliseconds(1), PollInterval = TimeSpan.FromMilliseconds(20) });
        StreamJob job = await SubmitAsync(client);
        KeyHandle<SensorName> key = job.Key("ledgers", new SensorName(5, "site 2"));
        await Eventually.IsTrueAsync(async () => (await key.AskAsync<Totals>("summary", cancel: _cancel)).Value?.Count == 10, "all samples");
        Answer<Totals> answer = await key.AskAsync<Totals>("summary", AskMode.Durable, _cancel);
        Assert.Equal((new Totals(answer.Value!.Sum, 10, null), true, 1), (answer.Value, answer.HasValue, answer.Attempt));
        Assert.True(answer.CheckpointId > 0);
        Assert.False((await job.Key("ledgers", new SensorName(7, "nowhere")).AskAsync<Totals>("summary", cancel: _cancel)).HasValue);

        // Each answer gets lost once, so each message is sent twice: with one id.
        await job.CallKeyAsync(Correction(ServiceId(), 100), _cancel);
        Assert.Equal(110, (await key.AskAsync<Totals>("summary", cancel: _cancel)).Value!.Count);
        Assert.True(lossy.Lost >= 4);

        Assert.Contains("'summary'", (await Assert.ThrowsAsync<KeyAccessException>(() => key.AskAsync<Totals>("sumary", cancel: _cancel))).Message, StringComparison.Ordinal);
        Assert.Contains("accepts", (await Assert.ThrowsAsync<KeyAccessException>(() => key.TellAsync("hello", Delivery.Applied, _cancel))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read as", (await Assert.ThrowsAsync<KeyAccessException>(() => key.AskAsync<DateTime>("summary", cancel: _cancel))).Message, StringComparison.Ordinal);
        await job.CancelAsync();
        Assert.Equal(JobServiceError.JobEnded, (await Assert.ThrowsAsync<JobServiceException>(() => key.AskAsync<Totals>("summary", cancel: _cancel))).Code);
    }

    [Fact]
    public async Task A_message_that_waits_for_its_checkpoint_is_asked_for_until_it_is_there()
    {
        SlowSavepoints? slow = null;
        await using RestFixture rest = await RestFixture.StartAsync(wrap: inner => slow = new SlowSavepoints(inner));
        using HttpClient http = new() { BaseAddress = new Uri(rest.Url) };
        using StringContent body = new("""{"id":"0123456789abcdef0123456789abcdef","operator":"ledgers","key":"k","tell":"Correction","message":{},"durable":true}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await http.PostAsync(new Uri("v1/jobs/x/key?wait=0.01", UriKind.Relative), body, _cancel);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await using StreamClient client = StreamClient.Connect(rest.Url, new StreamClientOptions { Token = RestFixture.AdminToken, Timeout = TimeSpan.FromMilliseconds(200) });
        Task<KeyAnswer> told = client.Job("x").CallKeyAsync(Correction(ServiceId(), 1), _cancel);
        slow!.Done.SetResult();
        Assert.Equal(17, (await told).CheckpointId);
    }

    [Fact]
    public async Task Keys_need_the_token_that_all_else_needs()
    {
        await using RestFixture rest = await RestFixture.StartAsync(o => o with { Token = RestFixture.Token });
        KeyCall call = Correction(ServiceId(), 1);
        await using StreamClient nobody = rest.Connect(token: null);
        Assert.Equal(JobServiceError.Unauthorized, (await Assert.ThrowsAsync<JobServiceException>(() => nobody.Job("none").CallKeyAsync(call))).Code);
        await using StreamClient user = rest.Connect(RestFixture.Token);
        Assert.Equal(JobServiceError.JobNotFound, (await Assert.ThrowsAsync<JobServiceException>(() => user.Job("none").CallKeyAsync(call))).Code);
    }

    private static string ServiceId() => Guid.NewGuid().ToString("N");

    private static KeyCall Correction(string id, int count) => new()
    {
        Id = id,
        Operator = "ledgers",
        Key = System.Text.Json.JsonElement.Parse("""{"site":"site 2","number":5}"""),
        Tell = "Correction",
        Message = System.Text.Json.JsonElement.Parse($$"""{"count":{{count}},"reason":null}"""),
        Durable = true,
    };

    private static async Task<StreamJob> SubmitAsync(StreamClient client) => await client.SubmitAsync(
        (await client.UploadAsync(SamplePackage.Assembly)).Id, "LedgerJob", new Dictionary<string, string> { ["checkpointing.interval"] = "50ms", ["exchange.buffer-timeout"] = "1ms" });
}
