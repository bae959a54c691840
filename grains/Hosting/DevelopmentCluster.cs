using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using OrleansStream.Hosting;

namespace OrleansStream.Grains;

/// <summary>
/// Several silos in this process, which talk over loopback: for development and measurements. Membership is in the memory of the first one, so the cluster does not outlive it; what jobs commit does. Any thread.
/// </summary>
public sealed class DevelopmentCluster : IAsyncDisposable
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);
    private readonly List<IHost> _silos = [];

    private DevelopmentCluster()
    {
    }

    /// <summary>The services of each silo.</summary>
    public IReadOnlyList<IServiceProvider> Silos => [.. _silos.Select(s => s.Services)];

    private ClusterJobs Jobs => Silos[0].GetRequiredService<ClusterJobs>();

    /// <summary>Starts silos.</summary>
    /// <param name="silos">How many.</param>
    /// <param name="jobs">Builds the jobs into each silo.</param>
    /// <param name="options">Sets the options of each silo.</param>
    /// <param name="loggers">Where the silos log; nowhere if null.</param>
    /// <param name="cancel">Ends the start.</param>
    public static async Task<DevelopmentCluster> StartAsync(
        int silos, Action<OrleansStreamSiloBuilder> jobs, Action<OrleansStreamSiloOptions> options, ILoggerFactory? loggers = null, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(silos, 1);
        ArgumentNullException.ThrowIfNull(jobs);
        DevelopmentCluster cluster = new();
        try
        {
            IPEndPoint? primary = null;
            for (int i = 0; i < silos; i++)
            {
                (int port, int gateway) = FreePorts();
                HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
                builder.Services.AddLogging();
                if (loggers is not null)
                {
                    builder.Services.AddSingleton(loggers);
                }

                builder.UseOrleans(silo =>
                {
                    silo.UseLocalhostClustering(port, gateway, primary);
                    jobs(silo.AddOrleansStream(options));
                });
                IHost host = builder.Build();
                cluster._silos.Add(host);
                await host.StartAsync(cancel).ConfigureAwait(false);
                primary ??= new IPEndPoint(IPAddress.Loopback, port);
            }

            int workers = cluster.Silos.Sum(s => s.GetRequiredService<SiloNode>().Description.Workers);
            while (cluster.Silos.Any(s => s.GetRequiredService<SiloTable>().AllWorkers < workers))
            {
                await Task.Delay(s_poll, cancel).ConfigureAwait(false);
                foreach (IServiceProvider silo in cluster.Silos)
                {
                    silo.GetRequiredService<SiloTable>().AskUnknown();
                }
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Submits a job.</summary>
    /// <param name="job">The name that it was built in by.</param>
    /// <param name="options">Options as people write them: <c>checkpointing.interval</c> = <c>1s</c>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>The id of the submission.</returns>
    /// <exception cref="OptionsException">There is no such job, or options are wrong.</exception>
    public async Task<string> SubmitAsync(string job, IReadOnlyDictionary<string, string> options, CancellationToken cancel = default) =>
        (await Jobs.SubmitAsync(Guid.NewGuid().ToString("N"), job, null, options, cancel).ConfigureAwait(false)).Spec.Id;

    /// <summary>A job as it stands.</summary>
    /// <param name="id">The id of its submission.</param>
    public Task<JobReport> GetReportAsync(string id) => Jobs.Job(id).GetReportAsync();

    /// <summary>Ends a job with a final checkpoint, which stays.</summary>
    /// <param name="id">The id of its submission.</param>
    /// <returns>The path of the checkpoint's metadata.</returns>
    public Task<string> StopAsync(string id) => Jobs.Job(id).StopAsync(drain: false);

    /// <summary>A key of a job: asks for its state, tells its keyed grain. Nothing is sent by this call.</summary>
    /// <typeparam name="TKey">The type of the operator's keys.</typeparam>
    /// <param name="id">The id of the job's submission.</param>
    /// <param name="operatorUid">The uid of the operator, as given with <c>WithUid</c>.</param>
    /// <param name="key">The key.</param>
    public KeyHandle<TKey> Key<TKey>(string id, string operatorUid, TKey key) => Silos[0].GetRequiredService<IGrainFactory>().Key(id, operatorUid, key);

    /// <summary>Ends the silos.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (IHost silo in Enumerable.Reverse(_silos))
        {
            await silo.StopAsync().ConfigureAwait(false);
            silo.Dispose();
        }
    }

    // Two that nobody listens on at this moment.
    private static (int Silo, int Gateway) FreePorts()
    {
        using TcpListener silo = new(IPAddress.Loopback, 0);
        using TcpListener gateway = new(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        return (((IPEndPoint)silo.LocalEndpoint).Port, ((IPEndPoint)gateway.LocalEndpoint).Port);
    }
}
