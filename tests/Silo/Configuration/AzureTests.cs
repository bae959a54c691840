using Microsoft.AspNetCore.Builder;
using Orleans.Hosting;
using OrleansStream.Hosting;
using OrleansStream.Silo;
using OrleansStream.SiloTests.Processes;

namespace OrleansStream.SiloTests.Configuration;

/// <summary>Azure is not part of the silo: a program that has it brings what <c>cluster.kind = azure</c> means.</summary>
public sealed class AzureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_program_without_Azure_refuses_it()
    {
        Assert.Equal(2, await SiloHost.RunAsync(["--checkpoints.directory", _folder.Path, "--cluster.kind", "azure", "--cluster.connection-string", "UseDevelopmentStorage=true"]));
    }

    [Fact]
    public async Task A_program_with_Azure_joins_by_what_it_brings()
    {
        SiloSettings settings = new()
        {
            Cluster = ClusterKind.Azure,
            ConnectionString = "UseDevelopmentStorage=true",
            Port = SiloProcess.FreePort(),
            Jobs = new JobServiceOptions { CheckpointDirectory = _folder.Path },
            EventHubs = new EventHubSettings { Name = "orders", ConnectionString = "Endpoint=sb://orders" },
        };
        List<SiloSettings> joined = [];
        WebApplication app = SiloHost.Build(settings, (silo, own) =>
        {
            joined.Add(own);
            silo.UseLocalhostClustering(own.Port, 0);
        });
        await app.DisposeAsync();
        Assert.Same(settings, Assert.Single(joined));
    }
}
