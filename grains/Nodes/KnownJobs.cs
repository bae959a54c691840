using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Grains;

/// <summary>The jobs that this silo has met, ready to run: code found, options read, store opened. By name, the newest submission of each. Any thread.</summary>
internal sealed class KnownJobs(IJobCatalog catalog, OrleansStreamSiloOptions options, string owner)
{
    private readonly ConcurrentDictionary<string, KnownJob> _jobs = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _adding = new(1);

    public JobSpec? SpecOf(string job) => _jobs.TryGetValue(job, out KnownJob? known) ? known.Spec : null;

    public JobSetup? SetupOf(string job) => _jobs.TryGetValue(job, out KnownJob? known) ? known.Setup : null;

    /// <summary>A job has ended, and nothing of it runs here: its code goes.</summary>
    public void Forget(JobSpec spec)
    {
        if (_jobs.TryGetValue(spec.Name, out KnownJob? known) && known.Spec.Id == spec.Id && _jobs.TryRemove(KeyValuePair.Create(spec.Name, known)))
        {
            known.Code.Dispose();
        }
    }

    /// <summary>Makes a job known; finds its code if it is new here.</summary>
    /// <exception cref="OptionsException">This silo has not the job, or another build of it, or its options are wrong.</exception>
    public async ValueTask<JobSetup> AddAsync(JobSpec spec)
    {
        // One at a time, so that code is not loaded twice.
        await _adding.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_jobs.TryGetValue(spec.Name, out KnownJob? known) && (known.Spec.Id == spec.Id || known.Spec.SubmittedAt > spec.SubmittedAt))
            {
                return known.Setup;
            }

            JobCode code = await catalog.FindAsync(spec.Job, spec.Package, CancellationToken.None).ConfigureAwait(false);
            KnownJob added = new(spec, Prepare(spec, code), code);
            _jobs[spec.Name] = added;
            known?.Code.Dispose();
            return added.Setup;
        }
        finally
        {
            _adding.Release();
        }
    }

    private JobSetup Prepare(JobSpec spec, JobCode code)
    {
        if (code.Build != spec.Build)
        {
            code.Dispose();
            throw new OptionsException($"Job '{spec.Name}' was submitted with the build {spec.Build} of '{spec.Job}', and this silo ({owner}) has the build {code.Build}. Run the same build on all silos, or submit the job again.");
        }

        return SetupFor(spec, code);
    }

    /// <summary>Reads and checks the options of a submission.</summary>
    /// <exception cref="OptionsException">They are wrong; the message lists all that is.</exception>
    public JobOptions OptionsOf(string job, IReadOnlyDictionary<string, string> given)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(given.Select(o => KeyValuePair.Create($"{JobOptionsReader.SectionName}:{o.Key}", (string?)o.Value)))
            .Build();
        JobOptions defaults = new() { Checkpointing = new CheckpointOptions { Directory = options.CheckpointDirectory } };
        JobOptions read = new JobOptionsReader(defaults).Read([], null, configuration).Options;
        return read.Checkpointing.Directory is not null ? read : throw new OptionsException(
            $"Job '{job}' has no checkpointing.directory, and the silos have none for all jobs. Give one that all silos see: the job's log is there, by which a silo takes over from another.");
    }

    private JobSetup SetupFor(JobSpec spec, JobCode code)
    {
        JobOptions read = OptionsOf(spec.Name, spec.Options);
        ICheckpointStore store = options.OpenStore(read.Checkpointing.Directory!);
        return new JobSetup
        {
            Name = spec.Name,
            Create = code.Create,
            Options = read,
            DefaultParallelism = spec.DefaultParallelism,
            Store = store,
            Owner = owner,
            OpenSavepoint = path => SavepointPath.Open(path, store),
            TakesOver = true,
            Submission = spec.Id,
        };
    }

    private sealed record KnownJob(JobSpec Spec, JobSetup Setup, JobCode Code);
}
