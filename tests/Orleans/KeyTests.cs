using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.TestingHost;
using OrleansStream.Grains;
using OrleansStream.Hosting;
using OrleansStream.Orleans.Tests.Clusters;

namespace OrleansStream.Orleans.Tests;

/// <summary>Keys of a job on a cluster: whoever is asked finds the silo that owns the key, and what was told durably is applied once, whatever dies meanwhile.</summary>
public sealed class KeyTests
{
    private const int Allowed = 500;
    private readonly PacedJob _job = new(3000);
    private readonly IReadOnlyDictionary<int, int> _counts = PacedJob.CountsAfter(Allowed);
    private readonly CancellationToken _cancel = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    private Dictionary<string, Action<StreamEnvironment>> Jobs => new() { ["accounts"] = _job.DefineAccounts };

    [Fact]
    public async Task Every_silo_brings_a_request_to_the_silo_that_owns_the_key_and_fronts_are_placed_there()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(2, Jobs);
        string id = await StartAsync(cluster);
        // This one has no subtasks, so it knows nothing but what the master says.
        InProcessSiloHandle joined = await cluster.JoinAsync();
        await cluster.UntilAsync(() => cluster.Silos.All(s => cluster.NodeOf(s).Silos.AllWorkers == 6), "the silo that joins to be known");
        HashSet<string> owners = [];
        foreach ((int key, int count) in _counts)
        {
            foreach (string uid in new[] { "accounts", "counts" })
            {
                KeyRequest question = KeyRequests.Ask(uid, key, "count", AskMode.Latest);
                KeyAddress address = new(id, uid, question.KeyHash);
                string owner = (await cluster.Jobs.Job(id).FindKeyAsync(uid, question.KeyHash))!.Silo!;
                owners.Add(owner);
                foreach (InProcessSiloHandle silo in cluster.Silos)
                {
                    KeyReply reply = await silo.ServiceProvider.GetRequiredService<KeyCourier>().SendAsync(address, question);
                    Assert.Equal((count, 1), (KeyRequests.Answer<int>(question, reply).Value, reply.Attempt));
                    Assert.Equal(cluster.NodeOf(silo).Name == owner ? null : owner, reply.Node);

                    // A front is on the silo of its key, so it has nothing to pass on.
                    KeyReply? fromFront = await SiloCluster.GrainsOf(silo).GetGrain<IKeyedOperatorGrain>(address.ToString()).SendAsync(question, TimeSpan.FromSeconds(30), attempt: 1);
                    Assert.Equal((count, null), (KeyRequests.Answer<int>(question, fromFront!).Value, fromFront!.Node));
                }
            }
        }

        Assert.Equal(2, owners.Count);
        Assert.DoesNotContain(cluster.NodeOf(joined).Name, owners);
    }

    [Fact]
    public async Task What_cannot_be_asked_or_told_is_refused_with_what_there_is()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(2, Jobs);
        string id = await StartAsync(cluster);
        async Task RequireRefusedAsync(Func<Task> ask, string why) => Assert.Contains(why, (await Assert.ThrowsAsync<KeyAccessException>(ask)).Message, StringComparison.Ordinal);
        await RequireRefusedAsync(() => cluster.Grains.Key(id, "acounts", 1).AskAsync<int>("count", cancel: _cancel), "'accounts'");
        await RequireRefusedAsync(() => cluster.Grains.Key(id, "accounts", 1).AskAsync<int>("cuont", cancel: _cancel), "'count', 'bonus', 'refusal'");
        await RequireRefusedAsync(() => cluster.Grains.Key(id, "accounts", "one").AskAsync<int>("count", cancel: _cancel), "System.Int32");
        await RequireRefusedAsync(() => cluster.Grains.Key(id, "accounts", 1).TellAsync("hello", Delivery.Applied, _cancel), "accepts no message of the type System.String");
        await RequireRefusedAsync(() => cluster.Grains.Key(id, "counts", 1).TellAsync(new Bonus(1), Delivery.Applied, _cancel), "ProcessGrain");
        Assert.Equal(JobRefusal.NotFound, (await Assert.ThrowsAsync<JobRefusedException>(() => cluster.Grains.Key("nobody", "accounts", 1).AskAsync<int>("count", cancel: _cancel))).Reason);

        // Another attempt than the one that runs: the refusal names the owner.
        KeyRequest question = KeyRequests.Ask("accounts", 1, "count", AskMode.Latest);
        KeyPlace place = (await cluster.Jobs.Job(id).FindKeyAsync("accounts", question.KeyHash))!;
        IKeyedOperatorGrain front = cluster.Grains.GetGrain<IKeyedOperatorGrain>(new KeyAddress(id, "accounts", question.KeyHash).ToString());
        SubtaskRefusedException stale = await Assert.ThrowsAsync<SubtaskRefusedException>(() => front.SendAsync(question, TimeSpan.FromSeconds(30), attempt: 2));
        Assert.Equal((place.Silo, 1), (stale.Owner, stale.Attempt));
        KeyReply wrong = (await cluster.Grains.GetGrain<IKeyedOperatorGrain>("no address").SendAsync(question, TimeSpan.FromSeconds(30)))!;
        Assert.Equal(KeyStatus.Refused, wrong.Status);

        // Inside of a call another key of the job cannot be told, by whatever way.
        await cluster.Grains.Key(id, "accounts", 1).TellAsync(new TellOther(id, 2), Delivery.Applied, _cancel);
        Answer<string> refusal = await cluster.Grains.Key(id, "accounts", 1).AskAsync<string>("refusal", cancel: _cancel);
        Assert.Contains("'1'", refusal.Value, StringComparison.Ordinal);
        Assert.Contains("'2'", refusal.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_front_that_is_dropped_takes_nothing_with_it_and_who_asks_again_with_the_same_id_tells_once()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(2, Jobs);
        string id = await StartAsync(cluster, ("checkpointing.interval", "1h"));
        KeyRequest message = KeyRequests.Tell("accounts", 3, new Bonus(100), Delivery.Durable, Guid.NewGuid());
        IKeyedOperatorGrain front = cluster.Grains.GetGrain<IKeyedOperatorGrain>(new KeyAddress(id, "accounts", message.KeyHash).ToString());
        Assert.Null(await front.SendAsync(message, TimeSpan.Zero));
        KeyHandle<int> key = cluster.Grains.Key(id, "accounts", 3);
        await cluster.UntilAsync(async () => (await key.AskAsync<int>("bonus", cancel: _cancel)).Value == 100, "the message to be applied");
        await cluster.DropAsync(front);
        Assert.Equal(100, (await key.AskAsync<int>("bonus", cancel: _cancel)).Value);

        // Twice at a new activation, and both wait with the one that was sent.
        Task<KeyReply?> again = front.SendAsync(message, TimeSpan.FromSeconds(50));
        Task<KeyReply?> andAgain = front.SendAsync(message, TimeSpan.FromSeconds(50));
        await cluster.UntilAsync(
            async () =>
            {
                await cluster.Grains.GetGrain<ICheckpointCoordinatorGrain>(id).TriggerAsync();
                return again.IsCompleted;
            },
            "a checkpoint that contains the message");
        Assert.Equal((KeyStatus.Done, true), ((await again)!.Status, (await again)!.CheckpointId > 0));
        Assert.Equal((KeyStatus.Done, (await again)!.CheckpointId), ((await andAgain)!.Status, (await andAgain)!.CheckpointId));
        Assert.Equal(100, (await key.AskAsync<int>("bonus", AskMode.Latest, _cancel)).Value);
    }

    [Fact]
    public async Task The_silo_of_a_key_is_killed_while_it_is_asked_and_told()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(3, Jobs);
        string id = await StartAsync(cluster, ("checkpointing.interval", "1h"));
        await cluster.Grains.GetGrain<ICheckpointCoordinatorGrain>(id).TriggerAsync();
        InProcessSiloHandle master = cluster.MasterOf(id)!;
        IJobGrain grain = cluster.Of(master).Job(id);
        int key = 0;
        string owner = "";
        foreach (int each in _counts.Keys)
        {
            key = each;
            owner = (await grain.FindKeyAsync("accounts", KeyRequests.Ask("accounts", each, "count", AskMode.Latest).KeyHash))!.Silo!;
            if (owner != cluster.NodeOf(master).Name)
            {
                break;
            }
        }

        InProcessSiloHandle killed = cluster.Silos.Single(s => cluster.NodeOf(s).Name == owner);
        KeyHandle<int> handle = SiloCluster.GrainsOf(master).Key(id, "accounts", key);
        Guid durable = Guid.NewGuid();
        Task told = handle.TellAsync(new Bonus(100), Delivery.Durable, durable, _cancel);
        await cluster.UntilAsync(async () => (await handle.AskAsync<int>("bonus", cancel: _cancel)).Value == 100, "the message to be applied");
        Assert.False(told.IsCompleted);

        Dictionary<int, string> before = await OwnersAsync(grain);

        // What was applied is in no checkpoint; the owner is gone with it, and the front with the owner.
        cluster.Crash(killed);
        Answer<int> asked = await handle.AskAsync<int>("count", cancel: _cancel);
        Assert.Equal(2, asked.Attempt);
        await cluster.UntilAsync(async () => (await handle.AskAsync<int>("bonus", cancel: _cancel)).Value == 100, "the message to be applied again");
        Assert.False(told.IsCompleted);
        await RequireFrontsFollowAsync(cluster, id, before, owner);
        await cluster.UntilAsync(
            async () =>
            {
                await SiloCluster.GrainsOf(master).GetGrain<ICheckpointCoordinatorGrain>(id).TriggerAsync();
                return told.IsCompleted;
            },
            "a checkpoint that contains the message");
        await told;
        await handle.TellAsync(new Bonus(100), Delivery.Applied, durable, _cancel);
        Assert.Equal(100, (await handle.AskAsync<int>("bonus", cancel: _cancel)).Value);
        Assert.NotEqual(owner, (await grain.FindKeyAsync("accounts", KeyRequests.Ask("accounts", key, "count", AskMode.Latest).KeyHash))!.Silo);
        foreach ((int each, int count) in _counts)
        {
            KeyHandle<int> other = SiloCluster.GrainsOf(master).Key(id, "counts", each);
            await cluster.UntilAsync(async () => (await other.AskAsync<int>("count", cancel: _cancel)).Value == count, $"all ticks of key {each}");
        }

        Assert.Equal([$"{key} bonus 100"], cluster.Outside.Results.Get<string>("accounts"));
    }

    [Fact]
    public async Task While_a_job_restarts_for_long_the_asker_is_told_so()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(
            1, Jobs, configure: silo => silo.Services.Configure<OrleansStreamSiloOptions>(o => o.KeyPatience = TimeSpan.FromMilliseconds(200)));
        string id = await StartAsync(cluster, ("restart.delay", "1h"));
        KeyHandle<int> key = cluster.Grains.Key(id, "accounts", 1);
        KeyAccessException told = await Assert.ThrowsAsync<KeyAccessException>(() => key.TellAsync(new Bonus(-1), Delivery.Applied, _cancel));
        Assert.Contains("It was tried for 0.2 s", told.Message, StringComparison.Ordinal);
        KeyAccessException asked = await Assert.ThrowsAsync<KeyAccessException>(() => key.AskAsync<int>("count", cancel: _cancel));
        Assert.Contains("attempt 1", asked.Message, StringComparison.Ordinal);
        await cluster.Jobs.Job(id).CancelAsync();
        await cluster.EndOfAsync(id);
        Assert.Equal(JobRefusal.Ended, (await Assert.ThrowsAsync<JobRefusedException>(() => key.AskAsync<int>("count", cancel: _cancel))).Reason);
    }

    private async Task<Dictionary<int, string>> OwnersAsync(IJobGrain job)
    {
        Dictionary<int, string> owners = [];
        foreach (int key in _counts.Keys)
        {
            owners[key] = (await job.FindKeyAsync("accounts", KeyRequests.Ask("accounts", key, "count", AskMode.Latest).KeyHash))!.Silo!;
        }

        return owners;
    }

    // The fronts of keys that went from one living silo to another are still where the keys were: they pass on, and then move.
    private async Task RequireFrontsFollowAsync(SiloCluster cluster, string id, Dictionary<int, string> before, string lost)
    {
        InProcessSiloHandle from = cluster.MasterOf(id)!;
        Dictionary<int, string> after = await OwnersAsync(cluster.Of(from).Job(id));
        int[] moved = [.. _counts.Keys.Where(k => before[k] != lost && before[k] != after[k])];
        Assert.NotEmpty(moved);
        foreach (int key in moved)
        {
            KeyRequest question = KeyRequests.Ask("accounts", key, "count", AskMode.Latest);
            IKeyedOperatorGrain front = SiloCluster.GrainsOf(from).GetGrain<IKeyedOperatorGrain>(new KeyAddress(id, "accounts", question.KeyHash).ToString());
            KeyReply passedOn = (await front.SendAsync(question, TimeSpan.FromSeconds(30)))!;
            Assert.Equal((KeyStatus.Done, after[key], 2), (passedOn.Status, passedOn.Node, passedOn.Attempt));
            await cluster.UntilAsync(async () => await front.SendAsync(question, TimeSpan.FromSeconds(30)) is { Status: KeyStatus.Done, Node: null }, $"the front of key {key} to move");
        }
    }

    private async Task<string> StartAsync(SiloCluster cluster, params (string Option, string Value)[] options)
    {
        string id = await cluster.SubmitAsync("accounts", 4, 64, options);
        _job.Allowed = Allowed;
        foreach ((int key, int count) in _counts)
        {
            foreach (string uid in new[] { "accounts", "counts" })
            {
                KeyHandle<int> handle = cluster.Grains.Key(id, uid, key);
                await cluster.UntilAsync(async () => (await handle.AskAsync<int>("count", cancel: _cancel)).Value == count, $"all ticks of key {key}");
            }
        }

        return id;
    }
}
