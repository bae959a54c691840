using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.Checkpointing;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class GenericHostTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_job_starts_with_the_host_and_stops_with_a_checkpoint_when_the_host_does()
    {
        using IHost host = Build(new() { ["OrleansStream:checkpointing.interval"] = "20ms", ["OrleansStream:Jobs:Doubling:set:rate"] = "100" });
        await host.StartAsync();
        LocalJob job = Assert.Single(host.Services.GetRequiredService<LocalJobs>().Running);
        await Eventually.IsTrueAsync(() => job.Status.LastCheckpoint is not null, "a checkpoint");
        Assert.NotNull(host.Services.GetRequiredService<LocalCluster>().Collected<long>(Doubling.Output));
        await host.StopAsync();
        Assert.Equal(JobState.Stopped, (await job.Completion).State);

        using IHost next = Build(new() { ["OrleansStream:resume"] = "true", ["OrleansStream:set:rate"] = "100000" });
        await next.StartAsync();
        Assert.Equal(JobState.Finished, (await Assert.Single(next.Services.GetRequiredService<LocalJobs>().Running).Completion).State);
        await next.StopAsync();
    }

    [Fact]
    public async Task Wrong_options_keep_the_host_from_starting()
    {
        using IHost host = Build(new() { ["OrleansStream:paralelism"] = "2" });
        OptionsException e = await Assert.ThrowsAsync<OptionsException>(() => host.StartAsync());
        Assert.Contains("The nearest is --parallelism", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_fails_for_good_stops_the_application()
    {
        Doubling.Failures["host"] = 1;
        using IHost host = Build(new() { ["OrleansStream:set:failure"] = "host", ["OrleansStream:restart"] = "none" });
        await host.StartAsync();
        CancellationToken stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Eventually.IsTrueAsync(() => stopping.IsCancellationRequested, "the application to stop");
        await host.StopAsync();
    }

    private IHost Build(Dictionary<string, string?> configuration)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(configuration);
        builder.Services.AddOrleansStream(o => o with { Parallelism = 1, Checkpointing = o.Checkpointing with { Directory = _folder.Path } }).AddJob<Doubling>();
        return builder.Build();
    }
}
