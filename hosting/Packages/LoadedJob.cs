using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace OrleansStream.Hosting;

/// <summary>
/// A job's type, ready to be used. That of a package has a load context of its own, which goes when this is disposed and nothing of the job is referenced any more. Any thread.
/// </summary>
public sealed class LoadedJob : IDisposable
{
    private AssemblyLoadContext? _context;
    private Type? _type;

    internal LoadedJob(Type type, string build, AssemblyLoadContext? context)
    {
        _type = type;
        _context = context;
        Name = type.Name;
        FullName = type.FullName!;
        Build = build;
    }

    /// <summary>The type's name, which names the job unless its options do.</summary>
    public string Name { get; }

    /// <summary>The type's name with its namespace.</summary>
    public string FullName { get; }

    /// <summary>The build that all nodes of the job must have: the package's id, or for a job that is built in a hash of the version ids of its assemblies.</summary>
    public string Build { get; }

    /// <summary>Makes a job object for one call of <see cref="IStreamJob.Define"/>.</summary>
    /// <exception cref="ObjectDisposedException">The job was let go.</exception>
    public IStreamJob Create()
    {
        Type type = _type ?? throw new ObjectDisposedException($"The job {FullName} was unloaded.");
        return (IStreamJob)Activator.CreateInstance(type)!;
    }

    /// <summary>Lets the job's assemblies go. They are unloaded when nothing of theirs is referenced any more.</summary>
    public void Dispose()
    {
        _type = null;
        AssemblyLoadContext? context = Interlocked.Exchange(ref _context, null);
        if (context is not null)
        {
            Unload(context);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Unload(AssemblyLoadContext context) => context.Unload();
}
