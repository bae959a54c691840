using Orleans.TestingHost;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Orleans.Tests.Clusters;

namespace OrleansStream.Orleans.Tests;

/// <summary>All golden jobs at once on one cluster that loses silos.</summary>
[Collection(nameof(GoldenTests))]
public sealed class GoldenKillTests
{
    private const int PaceMs = 50;

    [Fact]
    public async Task All_golden_jobs_give_their_output_while_silos_crash_and_join()
    {
        GoldenJob[] jobs = [.. AllGoldenJobs.Names.Select(AllGoldenJobs.Find)];
        ListPace.Ms = PaceMs;
        try
        {
            await using SiloCluster cluster = await SiloCluster.StartAsync(3, jobs.ToDictionary(j => j.Name, j => j.Define));
            List<string> ids = [];
            foreach (GoldenJob job in jobs)
            {
                ids.Add(await cluster.SubmitAsync(job.Name, 3, 7, ("watermark.interval", job.PerRecord ? "per-record" : "1ms"), ("checkpointing.interval", "100ms")));
            }

            await cluster.UntilAsync(async () => (await Task.WhenAll(ids.Select(id => cluster.Jobs.Job(id).GetReportAsync()))).All(r => r.LastCheckpoint > 0), "a checkpoint of each job");
            cluster.Crash(cluster.Silos[1]);
            InProcessSiloHandle joined = await cluster.JoinAsync();
            await cluster.UntilAsync(
                () => cluster.Silos.SelectMany(s => cluster.NodeOf(s).Masters).Any(m => m.Master.Status is { State: JobState.Running, Attempt: > 1 }) || cluster.Silos.All(s => cluster.NodeOf(s).Masters.Count == 0),
                "a job to run again");
            cluster.Crash(cluster.Silos.First(s => s != joined));
            ListPace.Ms = 0;
            foreach (string id in ids)
            {
                await cluster.FinishedAsync(id);
            }

            Golden.Compare("with silos that crash", [.. jobs.SelectMany(j => j.Expected)], cluster.Outside.Results.Get<string>("out"));
        }
        finally
        {
            ListPace.Ms = 0;
        }
    }
}
