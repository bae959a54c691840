using OrleansStream.Grains;
using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Silo;

/// <summary>The jobs of packages, for the grains.</summary>
internal sealed class PackageJobs(JobCatalog catalog) : IJobCatalog
{
    /// <summary>None: every silo has every package, since they share the directory.</summary>
    public IReadOnlyDictionary<string, string> Builds { get; } = new Dictionary<string, string>();

    public async ValueTask<JobCode> FindAsync(string job, string? package, CancellationToken cancel)
    {
        try
        {
            LoadedJob loaded = await Task.Run(() => catalog.Load(package, job), cancel).ConfigureAwait(false);
            return new JobCode(loaded.FullName, loaded.Create, loaded.Build, loaded);
        }
        catch (JobServiceException e)
        {
            throw new OptionsException(e.Message);
        }
    }
}
