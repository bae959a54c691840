namespace OrleansStream.Grains;

/// <summary>The jobs that are built into a silo, by the name or full name of their type.</summary>
internal sealed class BuiltInJobs(IEnumerable<JobCode> jobs) : IJobCatalog
{
    private readonly JobCode[] _jobs = [.. jobs.OrderBy(j => j.Job, StringComparer.Ordinal)];

    public IReadOnlyDictionary<string, string> Builds => _jobs.ToDictionary(j => j.Job, j => j.Build, StringComparer.Ordinal);

    public ValueTask<JobCode> FindAsync(string job, string? package, CancellationToken cancel)
    {
        if (package is not null)
        {
            throw new OptionsException($"Job '{job}' is asked for in the package '{package}', and this silo takes no packages. Build the job into the silo: AddOrleansStream().AddJob<{job}>().");
        }

        JobCode[] found = [.. _jobs.Where(j => j.Job == job || j.Job.EndsWith("." + job, StringComparison.Ordinal))];
        return found.Length == 1
            ? ValueTask.FromResult(found[0])
            : throw new OptionsException(
                $"{(found.Length == 0 ? "There is no" : "There is more than one")} job '{job}'. Built into this silo: {(_jobs.Length == 0 ? "none" : string.Join(", ", _jobs.Select(j => j.Job)))}.");
    }

    /// <summary>The build of a type: the version of the compiled module, which changes with each change of the code.</summary>
    public static string BuildOf(Type type) => type.Module.ModuleVersionId.ToString("N");
}
