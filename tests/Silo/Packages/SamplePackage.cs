using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.SiloTests.Packages;

/// <summary>The package of the sample jobs.</summary>
internal static class SamplePackage
{
    /// <summary>Where the build put the assembly of the sample jobs.</summary>
    public static string Assembly { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "SampleJobs", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "SampleJobs.dll"));

    /// <summary>Adds a package and waits for it.</summary>
    public static PackageInfo Add(this PackageStore store, Stream zip) => store.AddAsync(zip).GetAwaiter().GetResult();

    public static MemoryStream Zip()
    {
        MemoryStream zip = new();
        PackageBuilder.ForAssembly(Assembly).WriteTo(zip);
        zip.Position = 0;
        return zip;
    }
}
