using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using OrleansStream.Service;

namespace OrleansStream.SiloTests.Service;

/// <summary>Nothing of a job stays when it has ended.</summary>
public sealed class UnloadTests
{
    [Fact]
    public async Task The_context_of_a_job_without_connectors_is_collected_after_its_end()
    {
        await using ServiceFixture fixture = new();
        await RequireCollectedAsync(await RunAsync(fixture.Service, await fixture.CountJobAsync(("set.endless", "true"), ("checkpointing.interval", "20ms"))));
    }

    [Fact]
    public async Task A_silo_lets_the_code_of_a_job_go_after_its_end()
    {
        ClusterFixture cluster = new();
        await cluster.InitializeAsync();
        JobSubmission submission = await cluster.JobAsync("CountJob", ("set.output", cluster.Folder.At("out")), ("set.endless", "true"), ("checkpointing.interval", "20ms"));
        await RequireCollectedAsync(await RunAsync(cluster.Service, submission));
        Assert.NotEmpty((await cluster.Service.GetAsync(submission.Id)).Operators);
        Assert.Contains(await cluster.Service.GetCheckpointsAsync(submission.Id), c => c.Kind == CheckpointKind.Savepoint);
        await cluster.DisposeAsync();
    }

    private static async Task RequireCollectedAsync(WeakReference[] contexts)
    {
        Assert.NotEmpty(contexts);
        await Eventually.IsTrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return contexts.All(c => !c.IsAlive);
            },
            "the load contexts of the job to be collected");
    }

    // What the compiler keeps alive in this method must not count.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference[]> RunAsync(IJobService service, JobSubmission submission)
    {
        // Keys and keyed state of the package's own types, also asked for, checkpoints, an exactly-once sink, and a savepoint at the end.
        await service.SubmitAsync(submission);
        await Eventually.IsTrueAsync(
            async () => (await service.GetCheckpointsAsync(submission.Id)).Any(c => c.State == CheckpointState.Completed), "a checkpoint");
        WeakReference[] contexts = Contexts();
        KeyCall call = new() { Operator = "counts", Key = System.Text.Json.JsonElement.Parse("""{"site":"site 0","number":0}"""), Ask = "summary" };
        Assert.True((await service.CallKeyAsync(submission.Id, call)).HasValue);
        await service.SavepointAsync(submission.Id, new SavepointRequest { Id = ServiceFixture.NewId(), Stop = true });
        return contexts;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Contexts() =>
        [.. AssemblyLoadContext.All.Where(c => c.Name == "job SampleJobs.dll").Select(c => new WeakReference(c))];
}
