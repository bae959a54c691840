using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansStream.Docs.FirstJob;
using OrleansStream.Hosting;

namespace OrleansStream.Docs.Hosts;

internal static class Hosting
{
    public static async Task InCodeAsync()
    {
        #region cluster
        await using LocalCluster cluster = new();
        LocalJob job = cluster.Submit<MeanPerMinute>(new JobOptions
        {
            Parallelism = 4,
            Checkpointing = new CheckpointOptions { Directory = "checkpoints", Interval = TimeSpan.FromSeconds(10) },
        });

        string savepoint = await job.SavepointAsync("savepoints/before-upgrade");       // below the checkpoint directory
        string last = await job.StopAsync();                                            // a final checkpoint, for Resume
        #endregion
        _ = (savepoint, last);
    }

    public static async Task InAnApplicationAsync(string[] args)
    {
        #region generic-host
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.Services
            .AddOrleansStream(o => o with { Checkpointing = o.Checkpointing with { Directory = "checkpoints", Interval = TimeSpan.FromSeconds(10) } })
            .AddJob<MeanPerMinute>();
        await builder.Build().RunAsync();
        #endregion
    }
}
