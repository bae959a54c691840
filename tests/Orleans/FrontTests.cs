using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Orleans.TestingHost;
using OrleansStream.Grains;
using OrleansStream.Orleans.Tests.Clusters;

namespace OrleansStream.Orleans.Tests;

/// <summary>The grains are fronts: they are where the master has put what they stand for, and what they stand for does not depend on them.</summary>
public sealed class FrontTests
{
    private readonly PacedJob _job = new(3000);

    private Dictionary<string, Action<StreamEnvironment>> Jobs => new() { ["paced"] = _job.Define };

    [Fact]
    public async Task The_front_of_a_subtask_is_on_the_silo_that_runs_it_and_answers_with_its_counts()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(3, Jobs);
        string id = await StartAsync(cluster);
        SubtaskPlaces places = (await cluster.Jobs.Job(id).GetPlacesAsync())!;
        Assert.Equal(3, places.Subtasks.Select(p => p.Silo).Distinct().Count());
        foreach (SubtaskPlace place in places.Subtasks)
        {
            // From each silo, so that the caller is not always the owner.
            foreach (InProcessSiloHandle from in cluster.Silos)
            {
                SubtaskReport report = await Front(from, new SubtaskKey(id, place.Uid, place.Subtask), place.Kind).GetReportAsync(places.Attempt);
                Assert.Equal((place.Silo, places.Attempt), (report.Silo, report.Attempt));
            }
        }

        SubtaskReport[] readers = await Task.WhenAll(places.Subtasks.Where(p => p.Kind == "source")
            .Select(p => cluster.Grains.GetGrain<IPartitionReaderGrain>(new SubtaskKey(id, p.Uid, p.Subtask).ToString()).GetReportAsync()));
        Assert.Equal(4 * _job.Allowed, readers.Sum(r => r.RecordsOut));
        await FinishAsync(cluster, id, 1);
    }

    [Fact]
    public async Task The_front_of_a_reader_names_its_splits_and_where_they_stand_also_after_a_silo_was_lost()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(3, Jobs);
        string id = await StartAsync(cluster);
        await RequireSplitsAsync(cluster, id, _job.Allowed);
        InProcessSiloHandle lost = cluster.Silos.First(s => s != cluster.MasterOf(id));
        cluster.Crash(lost);
        await cluster.UntilAsync(async () => (await cluster.Jobs.Job(id).GetReportAsync()).Attempt > 1, "the restart without the silo");
        _job.Allowed = 2000;
        await RequireSplitsAsync(cluster, id, _job.Allowed);
        SubtaskPlaces places = (await cluster.Jobs.Job(id).GetPlacesAsync())!;
        Assert.DoesNotContain(cluster.NodeOf(lost).Name, places.Subtasks.Select(p => p.Silo));
        await FinishAsync(cluster, id, places.Attempt);
    }

    // Each split has one reader, which says the position behind the last record that is allowed.
    private static async Task RequireSplitsAsync(SiloCluster cluster, string id, int allowed)
    {
        SplitReport[] splits = [];
        await cluster.UntilAsync(
            async () =>
            {
                if (await cluster.Jobs.Job(id).GetPlacesAsync() is not { } places)
                {
                    return false;
                }

                try
                {
                    SubtaskReport[] readers = await Task.WhenAll(places.Subtasks.Where(p => p.Kind == "source")
                        .Select(p => cluster.Grains.GetGrain<IPartitionReaderGrain>(new SubtaskKey(id, p.Uid, p.Subtask).ToString()).GetReportAsync(places.Attempt)));
                    splits = [.. readers.SelectMany(r => r.Splits).OrderBy(s => s.Id, StringComparer.Ordinal)];
                }
                catch (SubtaskRefusedException)
                {
                    return false; // It is just being deployed.
                }

                return splits.Length == 4 && splits.All(s => s.Position == $"number {allowed}" && s.Watermark == allowed - 2);
            },
            $"four splits at number {allowed}");
        Assert.Equal(["0", "1", "2", "3"], splits.Select(s => s.Id));
        Assert.All(splits, s => Assert.False(s.HasEnded));
    }

    [Fact]
    public async Task A_message_for_a_subtask_that_is_not_there_at_that_attempt_gets_a_refusal_that_names_the_owner()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(2, Jobs);
        string id = await StartAsync(cluster);
        SubtaskPlaces places = (await cluster.Jobs.Job(id).GetPlacesAsync())!;
        SubtaskPlace window = places.Subtasks.First(p => p.Uid == "windows");
        IOperatorGrain front = cluster.Grains.GetGrain<IOperatorGrain>(new SubtaskKey(id, "windows", window.Subtask).ToString());
        SubtaskRefusedException older = await Assert.ThrowsAsync<SubtaskRefusedException>(() => front.GetReportAsync(places.Attempt + 1));
        Assert.Equal((window.Silo, places.Attempt), (older.Owner, older.Attempt));
        SubtaskRefusedException unknown = await Assert.ThrowsAsync<SubtaskRefusedException>(
            () => cluster.Grains.GetGrain<IOperatorGrain>(new SubtaskKey(id, "no such", 0).ToString()).GetReportAsync());
        Assert.Null(unknown.Owner);
        Assert.Contains("windows", unknown.Message, StringComparison.Ordinal);
        SubtaskRefusedException noJob = await Assert.ThrowsAsync<SubtaskRefusedException>(
            () => cluster.Grains.GetGrain<ISinkGrain>(new SubtaskKey("nobody", "out", 0).ToString()).GetReportAsync());
        Assert.Contains("nobody", noJob.Message, StringComparison.Ordinal);
        await FinishAsync(cluster, id, 1);
    }

    [Fact]
    public async Task Activations_that_the_directory_drops_leave_the_job_as_it_is()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(3, Jobs);
        string id = await StartAsync(cluster);
        InProcessSiloHandle master = cluster.MasterOf(id)!;
        for (int round = 0; round < 3; round++)
        {
            await cluster.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
            foreach (IGrain grain in new IGrain[] { cluster.Jobs.Job(id), cluster.Jobs.Dispatcher, cluster.Grains.GetGrain<ICheckpointCoordinatorGrain>(id) })
            {
                await cluster.DropAsync(grain);
            }

            // Each question brings an activation back, on the silo of the master.
            JobReport report = await cluster.Of(cluster.Silos[round]).Job(id).GetReportAsync();
            Assert.Equal(1, report.Attempt);
            Assert.Same(master, cluster.MasterOf(id));
        }

        await FinishAsync(cluster, id, 1);
    }

    [Fact]
    public async Task A_silo_that_has_directory_entries_but_no_subtasks_may_go_and_the_job_runs_on()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(2, Jobs);
        string id = await StartAsync(cluster);
        // They join after the deployment, so they have parts of the directory only.
        InProcessSiloHandle[] joined = [await cluster.JoinAsync(), await cluster.JoinAsync()];
        await cluster.UntilAsync(() => cluster.Silos.All(s => cluster.NodeOf(s).Silos.AllWorkers == 8), "the silos that join to be known");
        InProcessSiloHandle master = cluster.MasterOf(id)!;
        foreach (InProcessSiloHandle silo in joined)
        {
            cluster.Crash(silo);
        }

        await cluster.UntilAsync(() => cluster.Silos.All(s => cluster.NodeOf(s).Silos.AllWorkers == 4), "the loss to be noticed");
        await cluster.UntilAsync(async () => (await cluster.Jobs.Job(id).GetReportAsync()).Attempt == 1, "the grain of the job to answer");
        Assert.Same(master, cluster.MasterOf(id));
        await FinishAsync(cluster, id, 1);
    }

    [Fact]
    public async Task The_coordinator_takes_checkpoints_and_savepoints_on_request()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(2, Jobs);
        string id = await StartAsync(cluster);
        ICheckpointCoordinatorGrain coordinator = cluster.Grains.GetGrain<ICheckpointCoordinatorGrain>(id);
        string checkpoint = await coordinator.TriggerAsync();
        Assert.Contains("chk-", checkpoint, StringComparison.Ordinal);
        string savepoint = await coordinator.SavepointAsync($"savepoints/{id}");
        Assert.True(cluster.Outside.Store.Exists(savepoint));
        Assert.NotNull(await coordinator.GetLastCompletedAsync());
        JobRefusedException taken = await Assert.ThrowsAsync<JobRefusedException>(() => coordinator.SavepointAsync($"savepoints/{id}"));
        Assert.Equal(JobRefusal.SavepointFailed, taken.Reason);
        await FinishAsync(cluster, id, 1);
        JobRefusedException ended = await Assert.ThrowsAsync<JobRefusedException>(() => coordinator.TriggerAsync());
        Assert.Equal(JobRefusal.Ended, ended.Reason);
    }

    [Fact]
    public async Task Fronts_that_a_restart_left_behind_move_to_the_silo_of_their_subtask_and_answer_there()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(2, Jobs);
        string id = await StartAsync(cluster);
        Dictionary<(string Uid, int Subtask), string> before = (await cluster.Jobs.Job(id).GetPlacesAsync())!.Subtasks.ToDictionary(p => (p.Uid, p.Subtask), p => p.Silo);
        ISubtaskGrain FrontOf(SubtaskPlace place) => Front(cluster.Silos[0], new SubtaskKey(id, place.Uid, place.Subtask), place.Kind);
        foreach (SubtaskPlace place in (await cluster.Jobs.Job(id).GetPlacesAsync())!.Subtasks)
        {
            Assert.Equal(place.Silo, (await FrontOf(place).GetReportAsync()).Silo);
            Assert.Equal(place.Silo, await SiloOfAsync(cluster, FrontOf(place)));
        }

        // No silo is lost, so that all fronts live; the silo that has joined takes some of the subtasks.
        await cluster.JoinAsync();
        await cluster.UntilAsync(() => cluster.Silos.All(s => cluster.NodeOf(s).Silos.AllWorkers == 6), "the silo that joins to be known");
        _job.FailOnce();
        _job.Allowed = 1500;
        SubtaskPlaces? after = null;
        await cluster.UntilAsync(async () => (after = await cluster.Jobs.Job(id).GetPlacesAsync())?.Attempt == 2, "the restart");
        SubtaskPlace[] moved = [.. after!.Subtasks.Where(p => p.Silo != before[(p.Uid, p.Subtask)])];
        Assert.Equal(after.Subtasks.Select(p => p.Kind).Distinct().Order(), moved.Select(p => p.Kind).Distinct().Order());
        foreach (SubtaskPlace place in moved)
        {
            string old = before[(place.Uid, place.Subtask)];
            Assert.Equal(old, await SiloOfAsync(cluster, FrontOf(place)));
            SubtaskRefusedException refusal = await Assert.ThrowsAsync<SubtaskRefusedException>(() => FrontOf(place).GetReportAsync(attempt: 2));
            Assert.Equal((place.Silo, 2), (refusal.Owner, refusal.Attempt));
            Assert.Contains($"not on {old}", refusal.Message, StringComparison.Ordinal);
            await cluster.UntilAsync(
                async () =>
                {
                    try
                    {
                        return (await FrontOf(place).GetReportAsync(attempt: 2)).Silo == place.Silo;
                    }
                    catch (SubtaskRefusedException)
                    {
                        return false; // It moves, or its subtask is just being deployed.
                    }
                },
                $"the front of subtask {place.Subtask} of '{place.Uid}' to answer");
            Assert.Equal(place.Silo, await SiloOfAsync(cluster, FrontOf(place)));
        }

        await FinishAsync(cluster, id, 2);
    }

    [Fact]
    public async Task The_grains_of_a_job_and_its_coordinator_move_to_the_master_and_start_no_second_one()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(3, Jobs);
        string id = await StartAsync(cluster);
        InProcessSiloHandle master = cluster.MasterOf(id)!;
        InProcessSiloHandle wrong = cluster.Silos.First(s => s != master);
        ICheckpointCoordinatorGrain coordinator = cluster.Grains.GetGrain<ICheckpointCoordinatorGrain>(id);
        await MisplacedAsync(wrong, coordinator.TriggerAsync);
        await cluster.UntilAsync(async () => await SiloOfAsync(cluster, coordinator) == cluster.NodeOf(master).Name, "the coordinator's grain to move");

        IJobGrain job = cluster.Jobs.Job(id);
        await cluster.UntilAsync(
            async () =>
            {
                // Heartbeats may bring it up before, where it belongs.
                await cluster.DropAsync(job);
                return (await Record.ExceptionAsync(() => MisplacedAsync(wrong, job.GetReportAsync))) is OrleansException e && e.Message.Contains("which runs the job's master", StringComparison.Ordinal);
            },
            "the job's grain on another silo than its master");
        await cluster.UntilAsync(async () => await job.GetReportAsync() is { Attempt: 1 } report && report.Silo == cluster.NodeOf(master).Name, "the job's grain to move");
        Assert.Equal(cluster.NodeOf(master).Name, await SiloOfAsync(cluster, job));
        Assert.Equal([master], cluster.Silos.Where(s => cluster.NodeOf(s).FindMaster(id) is not null));
        await FinishAsync(cluster, id, 1);
    }

    // Orleans places by this hint, for one call.
    private static async Task<T> MisplacedAsync<T>(InProcessSiloHandle silo, Func<Task<T>> call)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo.SiloAddress);
        try
        {
            return await call();
        }
        finally
        {
            RequestContext.Clear();
        }
    }

    private static async Task<string?> SiloOfAsync(SiloCluster cluster, IAddressable front) =>
        (await cluster.Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(front))?.ToParsableString();

    private async Task<string> StartAsync(SiloCluster cluster)
    {
        string id = await cluster.SubmitAsync("paced", 3, 64);
        _job.Allowed = 1000;
        await cluster.UntilAsync(() => cluster.Outside.Results.Get<string>("out").Count > 0, "output");
        await cluster.UntilAsync(async () => (await cluster.Jobs.Job(id).GetReportAsync()).Operators[0].RecordsOut == 4 * _job.Allowed, "all records that are allowed");
        return id;
    }

    private static ISubtaskGrain Front(InProcessSiloHandle from, SubtaskKey key, string kind)
    {
        IGrainFactory grains = SiloCluster.GrainsOf(from);
        return kind switch
        {
            "source" => grains.GetGrain<IPartitionReaderGrain>(key.ToString()),
            "sink" => grains.GetGrain<ISinkGrain>(key.ToString()),
            _ => grains.GetGrain<IOperatorGrain>(key.ToString()),
        };
    }

    private async Task FinishAsync(SiloCluster cluster, string id, int attempts)
    {
        _job.Allowed = int.MaxValue;
        JobEnd end = await cluster.FinishedAsync(id);
        Golden.Compare("with fronts", _job.Expected, cluster.Outside.Results.Get<string>("out"));
        Assert.Equal(attempts, end.Attempt);
    }
}
