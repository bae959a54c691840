using System.Reflection;
using System.Runtime.Loader;

namespace OrleansStream.Hosting;

/// <summary>Finds the job in an assembly.</summary>
public static class JobAssembly
{
    /// <summary>Loads an assembly and finds a job type in it. The assembly shares the contracts with this process; all else it brings along.</summary>
    /// <param name="path">The assembly's file.</param>
    /// <param name="job">The job type's name, with or without namespace; may be null where there is just one.</param>
    /// <exception cref="OptionsException">There is no such file, it is no assembly, or it has no such job; the message lists what it has.</exception>
    public static Type Load(string path, string? job = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new OptionsException($"There is no file '{path}'. Give the path of the assembly (.dll) that has the job; build it first.");
        }

        return Find(TypesIn(new JobLoadContext(full, canUnload: false), full, path), path, job);
    }

    /// <summary>Loads an assembly into a context and lists its types.</summary>
    internal static IReadOnlyList<Type> TypesIn(AssemblyLoadContext context, string full, string shown)
    {
        try
        {
            return context.LoadFromAssemblyPath(full).GetTypes();
        }
        catch (BadImageFormatException e)
        {
            throw new OptionsException($"'{shown}' is not a .NET assembly that this process can load. Give the .dll of the job's project, not the executable beside it.", e);
        }
        catch (ReflectionTypeLoadException e)
        {
            string reasons = string.Join("; ", e.LoaderExceptions.OfType<Exception>().Select(x => x.Message).Distinct().Take(3));
            throw new OptionsException($"'{shown}' cannot be loaded: {reasons} Publish the job (dotnet publish), so that what it needs lies beside it.", e);
        }
        catch (FileLoadException e)
        {
            throw new OptionsException($"'{shown}' cannot be loaded: {e.Message} It was built against another version of OrleansStream; build it again with this one.", e);
        }
    }

    /// <summary>The jobs among types, by name.</summary>
    internal static Type[] JobsIn(IEnumerable<Type> types) =>
        [.. types.Where(t => typeof(IStreamJob).IsAssignableFrom(t) && t is { IsAbstract: false, IsGenericTypeDefinition: false }).OrderBy(t => t.FullName, StringComparer.Ordinal)];

    internal static Type Find(IReadOnlyList<Type> types, string path, string? job)
    {
        Type[] jobs = JobsIn(types);
        if (jobs.Length == 0)
        {
            throw new OptionsException($"'{path}' has no job: no class in it implements OrleansStream.IStreamJob.");
        }

        string list = string.Join(", ", jobs.Select(j => j.FullName));
        Type[] chosen = job is null ? jobs : [.. jobs.Where(j => j.FullName == job || j.Name == job)];
        return chosen switch
        {
            [var one] => one.GetConstructor(Type.EmptyTypes) is null
                ? throw new OptionsException($"The job {one.FullName} has no public constructor without parameters. Give it one; arguments come with --set name=value.")
                : one,
            [] => throw new OptionsException($"'{path}' has no job '{job}'. The nearest is {NearestName.Find(job!, jobs.Select(j => j.Name))}; it has {list}."),
            _ when job is null => throw new OptionsException($"'{path}' has {jobs.Length} jobs: {list}. Choose one with --job <name>."),
            _ => throw new OptionsException($"'{path}' has {chosen.Length} jobs named '{job}'. Give the full name: {list}."),
        };
    }
}
