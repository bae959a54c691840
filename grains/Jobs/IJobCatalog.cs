namespace OrleansStream.Grains;

/// <summary>Where a silo finds the code of jobs: those that are built in, or those of packages. Any thread.</summary>
public interface IJobCatalog
{
    /// <summary>The build of each built-in job, by its name in the catalog: what other silos ask before they deploy to this one.</summary>
    IReadOnlyDictionary<string, string> Builds { get; }

    /// <summary>Finds a job's code; loads it where that is needed.</summary>
    /// <param name="job">The job's type.</param>
    /// <param name="package">The id of its package; null for a job that is built in.</param>
    /// <param name="cancel">Ends the load.</param>
    /// <exception cref="OptionsException">There is no such job; the message names those that there are.</exception>
    ValueTask<JobCode> FindAsync(string job, string? package, CancellationToken cancel);
}

/// <summary>The code of a job on this silo.</summary>
/// <param name="Job">Its name in the catalog.</param>
/// <param name="Create">Makes a job object for each call of <see cref="IStreamJob.Define"/>; any thread.</param>
/// <param name="Build">The build: the same on each silo that may run it together with this one.</param>
/// <param name="Lease">Disposed when the silo needs the code no longer, so that it can be unloaded; null for code that stays.</param>
public sealed record JobCode(string Job, Func<IStreamJob> Create, string Build, IDisposable? Lease = null);
