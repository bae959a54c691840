using System.Collections;
using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>Options in the environment of whoever runs the tests must not reach the jobs of the tests.</summary>
internal static class CleanEnvironment
{
    [ModuleInitializer]
    internal static void Clean()
    {
        foreach (string name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(v => (string)v.Key).Where(k => k.StartsWith("OSTREAM_", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }
}
