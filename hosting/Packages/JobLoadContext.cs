using System.Reflection;
using System.Runtime.Loader;

namespace OrleansStream.Hosting;

/// <summary>Loads a job's assembly with what it needs from its own folder, but for what the host and the job must have in common.</summary>
internal sealed class JobLoadContext(string assemblyPath, bool canUnload) : AssemblyLoadContext($"job {Path.GetFileName(assemblyPath)}", canUnload)
{
    // What the host and a job exchange objects of: the contracts, the connectors that the host references, with what those show of their client, logging and services, Orleans.
    private static readonly string[] s_shared = ["OrleansStream.", "Microsoft.Extensions.", "Orleans.", "Microsoft.Orleans.", "Confluent.Kafka"];

    private readonly AssemblyDependencyResolver _resolver = new(assemblyPath);

    /// <summary>Whether an assembly of this name is the host's, where the host has it.</summary>
    /// <param name="name">The assembly's simple name.</param>
    public static bool IsShared(string name) => s_shared.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name is { } name && IsShared(name) && FromHost(assemblyName) is { } shared)
        {
            return shared;
        }

        return _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    protected override IntPtr LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : IntPtr.Zero;

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
