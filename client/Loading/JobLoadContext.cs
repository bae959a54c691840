using System.Reflection;
using System.Runtime.Loader;

namespace OrleansStream.Client;

/// <summary>Loads a job's assembly with what it needs from its own folder, but for what the host and the job must have in common.</summary>
internal sealed class JobLoadContext(string assemblyPath) : AssemblyLoadContext($"job {Path.GetFileName(assemblyPath)}")
{
    private readonly AssemblyDependencyResolver _resolver = new(assemblyPath);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (IsShared(assemblyName) && FromHost(assemblyName) is { } shared)
        {
            return shared;
        }

        return _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    protected override IntPtr LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : IntPtr.Zero;

    private static bool IsShared(AssemblyName name) =>
        name.Name is { } simple && (simple.StartsWith("OrleansStream.", StringComparison.Ordinal) || simple.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal));

    // A connector or the job itself may be named like one of ours without being part of the host.
    private static Assembly? FromHost(AssemblyName name)
    {
        try
        {
            return Default.LoadFromAssemblyName(name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
