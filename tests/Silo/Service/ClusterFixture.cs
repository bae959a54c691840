using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansStream.Grains;
using OrleansStream.Hosting;
using OrleansStream.Service;
using OrleansStream.Silo;
using OrleansStream.SiloTests.Packages;
using OrleansStream.SiloTests.Processes;

namespace OrleansStream.SiloTests.Service;

/// <summary>A silo of a cluster of one, in this process, as <see cref="SiloHost"/> builds it.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private readonly WebApplication _silo;

    /// <summary>Builds the silo; nothing runs yet.</summary>
    public ClusterFixture()
    {
        int port = SiloProcess.FreePort();
        _silo = SiloHost.Build(new SiloSettings
        {
            Cluster = ClusterKind.Localhost,
            Port = port,
            PrimaryPort = port,
            Workers = 2,
            Heartbeat = TimeSpan.FromMilliseconds(100),
            LogLevel = LogLevel.None,
            Rest = new RestOptions { Url = "http://127.0.0.1:0" },
            Jobs = new JobServiceOptions
            {
                CheckpointDirectory = Folder.At("checkpoints"),
                PackageDirectory = Folder.At("packages"),
                JobDefaults = new JobOptions { Parallelism = 2, WatermarkInterval = TimeSpan.FromMilliseconds(50) },
                MaxRunning = 2,
                KeyPatience = KeyPatience,
            },
        });
    }

    /// <summary>How long calls for keys are tried; not the default.</summary>
    public TimeSpan KeyPatience { get; } = TimeSpan.FromSeconds(25);

    /// <summary>The options of the silo's grains.</summary>
    public OrleansStreamSiloOptions GrainOptions => _silo.Services.GetRequiredService<IOptions<OrleansStreamSiloOptions>>().Value;

    internal TemporaryFolder Folder { get; } = new();

    /// <summary>The job service of the silo.</summary>
    public IJobService Service => _silo.Services.GetRequiredService<IJobService>();

    /// <inheritdoc/>
    public Task InitializeAsync() => _silo.StartAsync();

    /// <summary>A submission of a job of the package.</summary>
    public async Task<JobSubmission> JobAsync(string job, params (string Key, string Value)[] options) => new()
    {
        Id = ServiceFixture.NewId(),
        Package = (await Service.UploadPackageAsync(SamplePackage.Zip())).Id,
        Job = job,
        Options = new Dictionary<string, string>(options.Select(o => KeyValuePair.Create(o.Key, o.Value))),
    };

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        await _silo.StopAsync();
        await _silo.DisposeAsync();
        Folder.Dispose();
    }
}
