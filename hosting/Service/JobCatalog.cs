using System.Reflection;
using System.Security.Cryptography;
using OrleansStream.Service;

namespace OrleansStream.Hosting;

/// <summary>The jobs that can be submitted: those that are built into the process, and those of packages. All members block and may be called from any thread.</summary>
public sealed class JobCatalog
{
    private readonly Type[] _builtIn;

    /// <summary>Creates the catalog.</summary>
    /// <param name="packages">The packages; null where packages are refused.</param>
    /// <param name="builtIn">The types of the jobs that are built in.</param>
    public JobCatalog(PackageStore? packages, IEnumerable<Type> builtIn)
    {
        Packages = packages;
        _builtIn = JobAssembly.JobsIn(builtIn);
    }

    /// <summary>The packages; null where packages are refused.</summary>
    public PackageStore? Packages { get; }

    /// <summary>Loads a job.</summary>
    /// <param name="package">The package's id; null for a job that is built in.</param>
    /// <param name="job">The job's type, with or without namespace; may be null where there is just one.</param>
    /// <exception cref="JobServiceException">There is no such package or job; the message says what there is.</exception>
    public LoadedJob Load(string? package, string? job)
    {
        if (package is not null)
        {
            return RequirePackages().Load(package, job);
        }

        if (_builtIn.Length == 0)
        {
            throw new JobServiceException(JobServiceError.InvalidRequest, "This service has no jobs built in. Upload a package and give its id.");
        }

        try
        {
            Type type = JobAssembly.Find(_builtIn, "This service", job);
            return new LoadedJob(type, BuildOf(type.Assembly), null);
        }
        catch (OptionsException e)
        {
            throw new JobServiceException(JobServiceError.InvalidRequest, e.Message);
        }
    }

    /// <summary>The packages.</summary>
    /// <exception cref="JobServiceException">This service has none.</exception>
    public PackageStore RequirePackages() => Packages
        ?? throw new JobServiceException(JobServiceError.InvalidRequest, "This service takes no packages. Set packages.directory, a directory that all silos share.");

    // All that the job's assembly reaches, but for the base library: the same on every node that was built alike.
    private static string BuildOf(Assembly assembly)
    {
        SortedDictionary<string, Guid> versions = new(StringComparer.Ordinal);
        Queue<Assembly> open = new([assembly]);
        while (open.TryDequeue(out Assembly? next))
        {
            if (!versions.TryAdd(next.FullName!, next.ManifestModule.ModuleVersionId))
            {
                continue;
            }

            foreach (AssemblyName reference in next.GetReferencedAssemblies().Where(r => r.Name is { } n && !n.StartsWith("System.", StringComparison.Ordinal) && n is not ("System" or "netstandard" or "mscorlib")))
            {
                try
                {
                    open.Enqueue(Assembly.Load(reference));
                }
                catch (FileNotFoundException)
                {
                    // Not here on any node: an optional reference of a library.
                }
            }
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Guid version in versions.Values)
        {
            hash.AppendData(version.ToByteArray());
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
