using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting.Checkpointing;
using OrleansStream.Hosting.Workers;

namespace OrleansStream.Hosting;

/// <summary>
/// Runs jobs in this process, on worker threads, with checkpoints in a directory: for development, tests and small deployments. All members may be called from any thread.
/// </summary>
public sealed partial class LocalCluster : IAsyncDisposable
{
    private readonly WorkerHost _host;
    private readonly ClusterServices _services;
    private readonly List<LocalJob> _jobs = [];
    private readonly Lock _lock = new();

    /// <summary>Creates a cluster of threads.</summary>
    /// <param name="options">Its options.</param>
    /// <param name="services">The services that functions, sources and sinks see; null for none.</param>
    /// <param name="logger">Where the engine's log goes; null for nowhere.</param>
    public LocalCluster(LocalClusterOptions? options = null, IServiceProvider? services = null, ILogger<LocalCluster>? logger = null)
    {
        options ??= new LocalClusterOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Workers, 1);
        _services = new ClusterServices(services);
        _host = new WorkerHost(options.Workers, _services, logger ?? NullLogger<LocalCluster>.Instance);
    }

    /// <summary>Starts a job.</summary>
    /// <typeparam name="TJob">The job's type.</typeparam>
    /// <param name="options">Its options; the defaults if null.</param>
    /// <exception cref="OptionsException">Options are wrong; the message lists all.</exception>
    public LocalJob Submit<TJob>(JobOptions? options = null) where TJob : IStreamJob, new() => Submit(typeof(TJob).Name, () => new TJob(), options);

    /// <summary>Starts a job.</summary>
    /// <param name="name">The job's name, unless the options give one.</param>
    /// <param name="create">Makes a job object for each call of <see cref="IStreamJob.Define"/>; any thread.</param>
    /// <param name="options">Its options; the defaults if null.</param>
    /// <exception cref="OptionsException">Options are wrong; the message lists all.</exception>
    public LocalJob Submit(string name, Func<IStreamJob> create, JobOptions? options = null)
    {
        options ??= new JobOptions();
        options.ThrowIfInvalid();
        if (options.Checkpointing.Directory is not null)
        {
            CheckpointDirectory.RequireUsable(options.Checkpointing.Directory);
        }

        ICheckpointStore store = options.Checkpointing.Directory is { } directory ? new FileSystemCheckpointStore(directory) : new InMemoryCheckpointStore();
        return Submit(name, create, options, store);
    }

    /// <summary>Starts a job whose checkpoints go to a store of the caller's.</summary>
    /// <param name="name">The job's name, unless the options give one.</param>
    /// <param name="create">Makes a job object for each call of <see cref="IStreamJob.Define"/>; any thread.</param>
    /// <param name="options">Its options.</param>
    /// <param name="store">The store.</param>
    public LocalJob Submit(string name, Func<IStreamJob> create, JobOptions options, ICheckpointStore store)
    {
        ArgumentNullException.ThrowIfNull(options);
        JobSetup setup = new()
        {
            Name = options.Name ?? name,
            Create = create,
            Options = options,
            DefaultParallelism = Environment.ProcessorCount,
            Store = store,
            Owner = $"process {Environment.ProcessId} on {Environment.MachineName}",
            OpenSavepoint = path => SavepointPath.Open(path, store),
        };
        LocalJob job = new(_host, setup);
        lock (_lock)
        {
            _jobs.Add(job);
        }

        // What has ended is let go, so that the assembly of a job can be unloaded.
        job.Completion.ContinueWith(_ => Forget(job), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return job;
    }

    private void Forget(LocalJob job)
    {
        lock (_lock)
        {
            _jobs.Remove(job);
        }
    }

    /// <summary>
    /// What a collecting sink received so far, each record once: those that a completed checkpoint covers. In the order of the checkpoints, then of the subtasks, then as written.
    /// </summary>
    /// <typeparam name="T">The type of the records, as at the sink.</typeparam>
    /// <param name="name">The name that was given to the sink.</param>
    public IReadOnlyList<T> Collected<T>(string name) => _services.Collected.Get<T>(name);

    /// <summary>Cancels what runs and ends the threads.</summary>
    public async ValueTask DisposeAsync()
    {
        LocalJob[] jobs;
        lock (_lock)
        {
            jobs = [.. _jobs];
        }

        foreach (LocalJob job in jobs)
        {
            await job.CancelAsync().ConfigureAwait(false);
        }

        _host.Dispose();
    }
}
