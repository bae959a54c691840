using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansStream.Hosting;
using OrleansStream.Service;
using OrleansStream.Silo;
using OrleansStream.SiloTests.Packages;
using OrleansStream.SiloTests.Processes;

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
        using TemporaryFolder folder = new();
        int port = SiloProcess.FreePort();
        WebApplication silo = SiloHost.Build(new SiloSettings
        {
            Cluster = ClusterKind.Localhost,
            Port = port,
            PrimaryPort = port,
            Workers = 2,
            Heartbeat = TimeSpan.FromMilliseconds(100),
            LogLevel = LogLevel.None,
            Rest = new RestOptions { Url = "http://127.0.0.1:0" },
            Jobs = new JobServiceOptions { CheckpointDirectory = folder.At("checkpoints"), PackageDirectory = folder.At("packages") },
        });
        await using (silo)
        {
            await silo.StartAsync();
            IJobService service = silo.Services.GetRequiredService<IJobService>();
            JobSubmission submission = new()
            {
                Id = ServiceFixture.NewId(),
                Package = (await service.UploadPackageAsync(SamplePackage.Zip())).Id,
                Job = "CountJob",
                Options = new Dictionary<string, string> { ["set.output"] = folder.At("out"), ["set.endless"] = "true", ["checkpointing.interval"] = "20ms", ["parallelism"] = "2" },
            };
            await RequireCollectedAsync(await RunAsync(service, submission));
            Assert.NotEmpty((await service.GetAsync(submission.Id)).Operators);
            Assert.Contains(await service.GetCheckpointsAsync(submission.Id), c => c.Kind == CheckpointKind.Savepoint);
            await silo.StopAsync();
        }
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
        // Keys and keyed state of the package's own types, checkpoints, an exactly-once sink, and a savepoint at the end.
        await service.SubmitAsync(submission);
        await Eventually.IsTrueAsync(
            async () => (await service.GetCheckpointsAsync(submission.Id)).Any(c => c.State == CheckpointState.Completed), "a checkpoint");
        WeakReference[] contexts = Contexts();
        await service.SavepointAsync(submission.Id, new SavepointRequest { Id = ServiceFixture.NewId(), Stop = true });
        return contexts;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Contexts() =>
        [.. AssemblyLoadContext.All.Where(c => c.Name == "job SampleJobs.dll").Select(c => new WeakReference(c))];
}
