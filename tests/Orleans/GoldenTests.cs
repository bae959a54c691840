using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Orleans.Tests.Clusters;

namespace OrleansStream.Orleans.Tests;

/// <summary>The golden jobs on silos.</summary>
[Collection(nameof(GoldenTests))]
public sealed class GoldenTests(GoldenTests.TwoSilos silos) : IClassFixture<GoldenTests.TwoSilos>
{
    public static TheoryData<string> Jobs => [.. AllGoldenJobs.Names];

    public static TheoryData<string> KeyedJobs => [.. AllGoldenJobs.WithKeyedFunctions];

    [Theory]
    [MemberData(nameof(Jobs))]
    public Task A_golden_job_on_two_silos_gives_its_output(string name) => RequireOutputAsync(name, KeyedExecution.Vectorized);

    [Theory]
    [MemberData(nameof(KeyedJobs))]
    public Task A_golden_job_run_per_key_on_two_silos_gives_its_output(string name) => RequireOutputAsync(name, KeyedExecution.Grain);

    private async Task RequireOutputAsync(string name, KeyedExecution execution)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        int before = silos.Cluster.Outside.Results.Get<string>("out").Count;
        string id = await silos.Cluster.SubmitAsync(name, 3, 7, ("watermark.interval", job.PerRecord ? "per-record" : "1ms"), ("keyed.execution", execution.ToString()));
        await silos.Cluster.FinishedAsync(id);
        Golden.Compare($"on two silos, {execution}", job.Expected, silos.Cluster.Outside.Results.Get<string>("out").Skip(before).ToArray());
    }

    /// <summary>One cluster for all, one after the other.</summary>
    public sealed class TwoSilos : IAsyncLifetime
    {
        internal SiloCluster Cluster { get; private set; } = null!;

        public async Task InitializeAsync() =>
            Cluster = await SiloCluster.StartAsync(2, AllGoldenJobs.Names.ToDictionary(name => name, name => AllGoldenJobs.Find(name).Define));

        public async Task DisposeAsync() => await Cluster.DisposeAsync();
    }
}
