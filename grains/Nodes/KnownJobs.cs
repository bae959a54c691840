using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Grains;

/// <summary>The jobs that this silo has met, ready to run: code found, options read, store opened. By name, the newest submission of each. Any thread.</summary>
internal sealed class KnownJobs(IJobCatalog catalog, OrleansStreamSiloOptions options, string owner)
{
    // Longer than a deployment takes from the job's arrival to its subtasks.
    private const long ForgetAfterMs = 60_000;

    private readonly ConcurrentDictionary<string, Known> _jobs = new(StringComparer.Ordinal);

    public JobSpec? SpecOf(string job) => _jobs.TryGetValue(job, out Known? known) ? known.Spec : null;

    public JobSetup? SetupOf(string job) => _jobs.TryGetValue(job, out Known? known) ? known.Setup : null;

    /// <summary>Makes a job known; finds its code if it is new here.</summary>
    /// <exception cref="OptionsException">This silo has not the job, or another build of it, or its options are wrong.</exception>
    public async ValueTask<JobSetup> AddAsync(JobSpec spec)
    {
        if (_jobs.TryGetValue(spec.Name, out Known? known) && (known.Spec.Id == spec.Id || known.Spec.SubmittedAt > spec.SubmittedAt))
        {
            return known.Setup;
        }

        JobCode code = await catalog.FindAsync(spec.Job, spec.Package, CancellationToken.None).ConfigureAwait(false);
        Known found;
        try
        {
            found = new Known(spec, SetupFor(spec, code), code.Lease);
        }
        catch
        {
            code.Lease?.Dispose();
            throw;
        }

        Known kept = _jobs.AddOrUpdate(spec.Name, found, (_, before) => before.Spec.Id == spec.Id ? before : found);
        (kept == found ? known : found)?.Lease?.Dispose();
        return kept.Setup;
    }

    /// <summary>Forgets jobs that nothing here has needed for a while, and lets their code go. Called now and then, from one thread.</summary>
    /// <param name="isNeeded">Whether a job is needed.</param>
    /// <param name="isOver">Whether a job is known to have ended, so that no deployment of it is on its way: it is forgotten at once.</param>
    public void Forget(Func<JobSpec, bool> isNeeded, Func<JobSpec, bool> isOver)
    {
        foreach ((string name, Known known) in _jobs)
        {
            if (isNeeded(known.Spec))
            {
                known.UnneededSince = null;
            }
            else if (known.UnneededSince is null && !isOver(known.Spec))
            {
                known.UnneededSince = Environment.TickCount64;
            }
            else if ((isOver(known.Spec) || Environment.TickCount64 - known.UnneededSince > ForgetAfterMs) && _jobs.TryRemove(KeyValuePair.Create(name, known)))
            {
                known.Lease?.Dispose();
            }
        }
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
        if (code.Build != spec.Build)
        {
            throw new OptionsException($"Job '{spec.Name}' was submitted with the build {spec.Build} of '{spec.Job}', and this silo ({owner}) has the build {code.Build}. Run the same build on all silos, or submit the job again.");
        }

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

    private sealed class Known(JobSpec spec, JobSetup setup, IDisposable? lease)
    {
        public JobSpec Spec => spec;

        public JobSetup Setup => setup;

        public IDisposable? Lease => lease;

        public long? UnneededSince { get; set; }
    }
}
