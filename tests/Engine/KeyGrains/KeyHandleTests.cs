using Microsoft.Extensions.DependencyInjection;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.KeyGrains;

/// <summary>Keys of a job in a LocalCluster, and rule 6: what a call may not do.</summary>
public sealed class KeyHandleTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private readonly SourceGate _gate = new() { Limit = 8 };
    private readonly CancellationToken _cancel = new CancellationTokenSource(s_deadline).Token;

    [Fact]
    public async Task Keys_of_a_running_job_are_asked_and_told()
    {
        await using LocalCluster cluster = Cluster();
        LocalJob job = Submit(cluster, null);
        KeyHandle<string> key = job.Key("accounts", "k1");
        await Until(async () => (await key.AskAsync<int>("balance", cancel: _cancel)).Value == 2);

        await key.TellAsync(new Freeze("stolen"), Delivery.Durable, _cancel);
        await key.TellAsync(new Bonus(100), Delivery.Applied, _cancel);
        Answer<string> frozen = await key.AskAsync<string>("frozen", AskMode.Durable, _cancel);
        Assert.Equal(("stolen", true), (frozen.Value, frozen.CheckpointId > 0));
        Assert.Equal(102, (await key.AskAsync<int>("balance", cancel: _cancel)).Value);
        KeyAccessException error = await Assert.ThrowsAsync<KeyAccessException>(() => key.TellAsync("hello", Delivery.Applied, _cancel));
        Assert.Contains("Accepts", error.Message, StringComparison.Ordinal);

        _gate.Limit = long.MaxValue;
        await job.WaitAsync(_cancel);
        error = await Assert.ThrowsAsync<KeyAccessException>(() => key.AskAsync<int>("balance", cancel: _cancel));
        Assert.Contains("has ended (Finished)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Durable_messages_are_applied_once_while_the_job_restarts()
    {
        int calls = 0;
        await using LocalCluster cluster = Cluster();
        LocalJob job = Submit(cluster, (_, _) => Interlocked.Increment(ref calls) is 3 or 9 ? throw new InvalidOperationException("a failure") : Task.CompletedTask);
        Task[] tells = [.. Enumerable.Range(0, 40).Select(i => job.Key("accounts", $"k{i % 4}").TellAsync(new Bonus(1000), Delivery.Durable, _cancel))];
        _gate.Limit = 16;
        await Task.WhenAll(tells);
        foreach (int i in Enumerable.Range(0, 4))
        {
            await Until(async () => (await job.Key("accounts", $"k{i}").AskAsync<int>("balance", cancel: _cancel)).Value == 10_004);
        }

        await job.CancelAsync();
    }

    [Fact]
    public async Task A_message_or_durable_question_to_a_key_from_inside_of_a_call_is_refused_with_both_keys_named()
    {
        LocalJob? job = null;
        List<string> errors = [];
        int asked = -1;
        await using LocalCluster cluster = Cluster();
        job = Submit(cluster, async (key, cancel) =>
        {
            if (key == "k1" && Volatile.Read(ref job) is { } running)
            {
                KeyHandle<string> other = running.Key("accounts", "k2");
                await Task.Yield();
                errors.Add((await Assert.ThrowsAsync<KeyAccessException>(() => other.TellAsync(new Bonus(1), Delivery.Applied, cancel))).Message);
                errors.Add((await Assert.ThrowsAsync<KeyAccessException>(() => other.AskAsync<int>("balance", AskMode.Durable, cancel))).Message);
                asked = (await other.AskAsync<int>("balance", cancel: cancel)).Value;
            }
        });
        await Until(() => Task.FromResult(job.Status.Operators.Count > 0));
        _gate.Limit = 16;
        await Until(() => Task.FromResult(Volatile.Read(ref asked) >= 0));
        Assert.All(errors, e => Assert.Contains("'k1'", e, StringComparison.Ordinal));
        Assert.All(errors, e => Assert.Contains("'k2'", e, StringComparison.Ordinal));
        Assert.Contains("KeyBy", errors[0], StringComparison.Ordinal);
        await job.CancelAsync();
    }

    private static LocalCluster Cluster() => new(new LocalClusterOptions { Workers = 2 }, new ServiceCollection().AddSingleton(new CollectedResults()).BuildServiceProvider());

    private LocalJob Submit(LocalCluster cluster, Func<string, CancellationToken, Task>? inCall) => cluster.Submit(
        "job",
        () => new DefinedJob(env => env.FromSource(new ListSource<Payment>("payments", [[.. Enumerable.Range(0, 40).Select(i => new Payment($"k{i % 4}", 1))]], bounded: true, _gate))
            .KeyBy(p => p.Account).ProcessGrain(() => new Account { InCall = inCall }).Accepts<Freeze>().Accepts<Bonus>().WithUid("accounts").Collect("out")),
        new JobOptions
        {
            Parallelism = 2,
            Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(20), Directory = "memory" },
            Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = 20, Delay = TimeSpan.FromMilliseconds(5) },
        },
        new InMemoryCheckpointStore());

    private async Task Until(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            Assert.False(_cancel.IsCancellationRequested, "Waited too long.");
            await Task.Yield();
        }
    }
}
