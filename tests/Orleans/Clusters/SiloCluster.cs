using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansStream.Engine.Jobs;
using OrleansStream.Grains;


namespace OrleansStream.Orleans.Tests.Clusters;

/// <summary>Silos in this process that run jobs. What is committed, checkpoints and the storage of grains are outside and may outlive them.</summary>
internal sealed class SiloCluster : IAsyncDisposable
{
    private const string Build = "test";
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);
    private readonly InProcessTestCluster _cluster;
    private readonly LogLines _log = new();
    private readonly ConcurrentDictionary<string, SiloFaults> _faults = new();
    private readonly ConcurrentDictionary<InProcessSiloHandle, bool> _crashed = new();

    private SiloCluster(int silos, Outside outside, IReadOnlyDictionary<string, Action<StreamEnvironment>> jobs, Action<ISiloBuilder>? configure)
    {
        Outside = outside;
        InProcessTestClusterBuilder builder = new((short)silos);
        builder.Options.InitializeClientOnDeploy = false;
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((own, silo) =>
        {
            (_faults[own.SiloName] = new SiloFaults()).Configure(silo);
            silo.Services.AddSingleton(outside.Results);
            silo.Services.AddKeyedSingleton<IGrainStorage>(OrleansStreamSiloOptions.StorageName, outside.Grains);
            silo.Services.AddSingleton<IReminderTable>(outside.Reminders);
            silo.AddReminders();
            silo.Services.AddLogging(logging => logging.AddProvider(_log));
            // A silo that is killed is missed within a second or two.
            silo.Configure<ClusterMembershipOptions>(o =>
            {
                o.ProbeTimeout = TimeSpan.FromMilliseconds(500);
                o.TableRefreshTimeout = TimeSpan.FromSeconds(2);
                o.NumMissedProbesLimit = 3;
                o.DeathVoteExpirationTimeout = TimeSpan.FromSeconds(30);
            });
            OrleansStreamSiloBuilder streams = silo.AddOrleansStream(o =>
            {
                o.Workers = 2;
                o.Heartbeat = TimeSpan.FromMilliseconds(200);
                o.CheckpointDirectory = "memory";
                o.OpenStore = _ => outside.Store;
            });
            foreach ((string name, Action<StreamEnvironment> define) in jobs)
            {
                streams.AddJob(name, () => new DefinedJob(define), Build);
            }

            configure?.Invoke(silo);
        });
        _cluster = builder.Build();
    }

    public Outside Outside { get; }

    /// <summary>The silos that live: without those that Orleans has ended because others had declared them dead.</summary>
    public IReadOnlyList<InProcessSiloHandle> Silos => [.. _cluster.GetActiveSilos().Where(s => !_crashed.ContainsKey(s) && !NodeOf(s).IsStopped)];

    /// <summary>A silo's own part of the cluster: by which jobs are submitted and asked.</summary>
    public ClusterJobs Jobs => Of(Silos[0]);

    public static async Task<SiloCluster> StartAsync(
        int silos, IReadOnlyDictionary<string, Action<StreamEnvironment>> jobs, Outside? outside = null, Action<ISiloBuilder>? configure = null)
    {
        SiloCluster cluster = new(silos, outside ?? new Outside(), jobs, configure);
        await cluster._cluster.DeployAsync();
        await cluster.UntilAsync(() => cluster.Silos.All(s => cluster.NodeOf(s).Silos.AllWorkers == 2 * silos), "all silos to know each other");
        return cluster;
    }

    public IGrainFactory Grains => GrainsOf(Silos[0]);

    public static IGrainFactory GrainsOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IGrainFactory>();

    /// <summary>Has an activation dropped, wherever it is.</summary>
    public Task DropAsync(IAddressable grain) => _cluster.DeactivateAsync(grain);

    public ClusterJobs Of(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<ClusterJobs>();

    public SiloNode NodeOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<SiloNode>();

    /// <summary>The silo that runs the master of a job; null if none does.</summary>
    public InProcessSiloHandle? MasterOf(string id) => Silos.FirstOrDefault(s => NodeOf(s).FindMaster(id) is not null);

    public async Task<string> SubmitAsync(string job, int parallelism, int batch = 1024, params (string Option, string Value)[] options)
    {
        JobSpec spec = SpecOf(job, parallelism, batch, options);
        await Jobs.SubmitAsync(spec.Id, job, null, spec.Options);
        return spec.Id;
    }

    /// <summary>A job that is not submitted yet.</summary>
    public static JobSpec SpecOf(string job, int parallelism, int batch = 1024, params (string Option, string Value)[] options)
    {
        string id = Guid.NewGuid().ToString("N");
        string name = $"{job} {id}";
        Dictionary<string, string> given = new()
        {
            ["job.name"] = name,
            ["parallelism"] = $"{parallelism}",
            ["exchange.batch-size"] = $"{batch}",
            ["watermark.interval"] = "1ms",
            ["checkpointing.interval"] = "20ms",
            ["taskhost.heartbeat"] = "200ms",
            ["taskhost.lease"] = "4s",
            ["restart"] = "fixed-delay",
            ["restart.attempts"] = "100",
            ["restart.delay"] = "10ms",
        };
        foreach ((string option, string value) in options)
        {
            given[option] = value;
        }

        return new JobSpec { Id = id, Name = name, Job = job, Build = Build, Options = given, DefaultParallelism = parallelism, SubmittedAt = DateTimeOffset.UtcNow };
    }

    /// <summary>Waits for the end of a job.</summary>
    public async Task<JobEnd> EndOfAsync(string id)
    {
        JobEnd? end = null;
        await UntilAsync(async () => (end = (await Jobs.Dispatcher.FindAsync(id))?.End) is not null, $"the end of job {id}");
        return end!;
    }

    public async Task<JobEnd> FinishedAsync(string id)
    {
        JobEnd end = await EndOfAsync(id);
        Assert.True(end.State == JobState.Finished, $"The job ended as {end.State}: {end.Error}\n{_log}");
        return end;
    }

    public Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        async Task<bool> Holds()
        {
            try
            {
                return await condition();
            }
            catch (Exception e) when (e is OrleansException or TimeoutException or ObjectDisposedException or InvalidOperationException)
            {
                // A silo that was killed, or is not there yet.
                return false;
            }
        }

        await Eventually.IsTrueAsync(Holds, what, s_deadline, () => _log.ToString()!);
    }

    public SiloFaults FaultsOf(InProcessSiloHandle silo) => _faults[silo.Name];

    /// <summary>A silo ends at once: its connections break, its threads stop, and nobody is told. What is left of it is cleared away with the cluster.</summary>
    public void Crash(InProcessSiloHandle silo)
    {
        _crashed[silo] = true;
        FaultsOf(silo).Vanish();
        NodeOf(silo).Halt();
    }

    /// <summary>Ends a silo without its work being handed over; membership is told.</summary>
    public Task KillAsync(InProcessSiloHandle silo) => _cluster.KillSiloAsync(silo);

    public async Task<InProcessSiloHandle> JoinAsync() => await _cluster.StartAdditionalSiloAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (InProcessSiloHandle silo in _crashed.Keys)
        {
            await _cluster.KillSiloAsync(silo);
        }

        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
    }
}
