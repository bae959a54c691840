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
        WeakReference[] contexts = await RunAsync(fixture);
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
    private static async Task<WeakReference[]> RunAsync(ServiceFixture fixture)
    {
        // With restarts from checkpoints, keyed state of records, timers off, and a savepoint at the end.
        JobSubmission submission = await fixture.CountJobAsync(("set.endless", "true"), ("checkpointing.interval", "20ms"));
        await fixture.Service.SubmitAsync(submission);
        await Eventually.IsTrueAsync(
            async () => (await fixture.Service.GetCheckpointsAsync(submission.Id)).Any(c => c.State == CheckpointState.Completed), "a checkpoint");
        WeakReference[] contexts = Contexts();
        await fixture.Service.SavepointAsync(submission.Id, new SavepointRequest { Id = ServiceFixture.NewId(), Stop = true });
        return contexts;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Contexts() =>
        [.. AssemblyLoadContext.All.Where(c => c.Name == "job SampleJobs.dll").Select(c => new WeakReference(c))];
}
