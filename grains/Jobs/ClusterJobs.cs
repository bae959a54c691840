using OrleansStream.Engine.Jobs;

namespace OrleansStream.Grains;

/// <summary>Submits jobs to the cluster that this silo is part of: checks what can be checked here, then asks the dispatcher. Any thread.</summary>
internal sealed class ClusterJobs(SiloNode node, IJobCatalog catalog, IGrainFactory grains)
{
    /// <summary>The dispatcher of the cluster.</summary>
    public IDispatcherGrain Dispatcher => grains.GetGrain<IDispatcherGrain>(0);

    /// <summary>The grain of a job.</summary>
    public IJobGrain Job(string id) => grains.GetGrain<IJobGrain>(id);

    /// <summary>The keys of a job.</summary>
    public GrainKeys KeysOf(string id) => new(grains, id);

    /// <summary>Submits a job.</summary>
    /// <param name="id">The id of the submission; the same one again is the same job.</param>
    /// <param name="job">The job's type.</param>
    /// <param name="package">The id of its package; null for a job that is built in.</param>
    /// <param name="options">Options as people write them.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OptionsException">There is no such job, or options are wrong.</exception>
    /// <exception cref="JobRefusedException">A job of that name has not ended, or the id was used for another one.</exception>
    public async Task<JobRecord> SubmitAsync(string id, string job, string? package, IReadOnlyDictionary<string, string> options, CancellationToken cancel = default)
    {
        JobCode code = await catalog.FindAsync(job, package, cancel).ConfigureAwait(false);
        using IDisposable? lease = code.Lease;
        JobOptions read = node.Jobs.OptionsOf(code.Job, options);
        JobSpec spec = new()
        {
            Id = id,
            Name = read.Name ?? code.Job[(code.Job.LastIndexOf('.') + 1)..],
            Job = code.Job,
            Package = package,
            Build = code.Build,
            Options = new Dictionary<string, string>(options, StringComparer.Ordinal),
            DefaultParallelism = Math.Max(1, node.Silos.AllWorkers),
            SubmittedAt = DateTimeOffset.UtcNow,
        };
        return await Dispatcher.SubmitAsync(spec).WaitAsync(cancel).ConfigureAwait(false);
    }
}
