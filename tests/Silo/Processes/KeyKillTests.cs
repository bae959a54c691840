using System.Text.Json;
using OrleansStream.Client;
using OrleansStream.Service;
using OrleansStream.SiloTests.Packages;

namespace OrleansStream.SiloTests.Processes;

/// <summary>Keys of a job are told durably over REST while a silo process is killed: each message is applied once.</summary>
public sealed class KeyKillTests
{
    private const int Tells = 12;
    private const int OfEachSensor = 10;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(90);
    private readonly CancellationToken _cancel = new CancellationTokenSource(s_deadline).Token;

    [RedisFact]
    public async Task Messages_that_are_told_while_silos_are_killed_are_applied_once()
    {
        await using SiloProcesses cluster = await SiloProcesses.StartAsync(2);
        StreamJob job = await cluster.Client.SubmitAsync(
            (await cluster.Client.UploadAsync(SamplePackage.Assembly)).Id, "LedgerJob",
            new Dictionary<string, string> { ["parallelism"] = "4", ["checkpointing.interval"] = "200ms", ["exchange.buffer-timeout"] = "1ms" });
        JsonElement[] keys = [.. Enumerable.Range(0, 6).Select(i => JsonElement.Parse($$"""{"site":"site {{i % 3}}","number":{{i % 7}}}"""))];
        async Task<long> CountAsync(JsonElement key) =>
            (await job.CallKeyAsync(new KeyCall { Operator = "ledgers", Key = key, Ask = "summary" }, _cancel)).Value is { } value ? value.GetProperty("count").GetInt64() : 0;
        foreach (JsonElement key in keys)
        {
            await Eventually.IsTrueAsync(async () => await CountAsync(key) == OfEachSensor, "all samples", s_deadline, cluster.Tails);
        }

        int told = 0;
        async Task TellAsync(JsonElement key)
        {
            for (int i = 0; i < Tells; i++)
            {
                KeyCall call = new()
                {
                    Id = Guid.NewGuid().ToString("N"), Operator = "ledgers", Key = key, Tell = "Correction", Message = JsonElement.Parse("""{"count":1,"reason":null}"""), Durable = true,
                };
                KeyAnswer answer = await job.CallKeyAsync(call, _cancel);
                Assert.True(answer.CheckpointId > 0);
                Interlocked.Increment(ref told);
            }
        }

        Task telling = Task.WhenAll(keys.Select(TellAsync));
        for (int silo = 0; silo < 2; silo++)
        {
            int at = (silo + 1) * keys.Length * Tells / 4;
            await Eventually.IsTrueAsync(() => Task.FromResult(Volatile.Read(ref told) >= at || telling.IsCompleted), $"{at} messages to be told", s_deadline, cluster.Tails);
            await cluster[silo].Process.KillAfterAsync(TimeSpan.Zero);
            await cluster.StartAgainAsync(silo);
        }

        await telling;
        Assert.True((await job.GetAsync(_cancel)).Job.Attempt > 1);
        foreach (JsonElement key in keys)
        {
            Assert.Equal(OfEachSensor + Tells, await CountAsync(key));
        }

        await job.CancelAsync(_cancel);
    }
}
