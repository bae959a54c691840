using System.Text.Json;

namespace OrleansStream.Hosting;

/// <summary>Packs the output of a job's project for a cluster.</summary>
public sealed class PackageBuilder
{
    // What every silo brings along.
    private static readonly string[] s_fromHost =
        ["OrleansStream.Contracts.", "OrleansStream.Engine.", "OrleansStream.Hosting.", "OrleansStream.Grains.", "OrleansStream.Silo.", "Microsoft.Extensions.", "Orleans.", "Microsoft.Orleans."];

    private readonly List<PackageFile> _files;

    private PackageBuilder(List<PackageFile> files)
    {
        _files = files;
        (Id, Bytes) = PackageHash.Of(files);
    }

    /// <summary>The id that the package will have.</summary>
    public string Id { get; }

    /// <summary>The bytes of all files.</summary>
    public long Bytes { get; }

    /// <summary>The names of the files, with slashes.</summary>
    public IReadOnlyList<string> Files => [.. _files.Select(f => f.Name)];

    /// <summary>
    /// Collects an assembly and what lies beside and below it, but for what every silo brings along (OrleansStream, Orleans, Microsoft.Extensions), symbols and documentation. Blocks.
    /// </summary>
    /// <param name="assembly">The assembly that has the job, in the folder where <c>dotnet publish</c> or the build put it.</param>
    /// <exception cref="OptionsException">There is no such file.</exception>
    public static PackageBuilder ForAssembly(string assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        string full = Path.GetFullPath(assembly);
        if (!File.Exists(full))
        {
            throw new OptionsException($"There is no file '{assembly}'. Give the path of the assembly (.dll) that has the job; build it first.");
        }

        string main = Path.GetFileName(full);
        string folder = Path.GetDirectoryName(full)!;
        List<PackageFile> files = [.. PackageFile.In(folder).Where(f => f.Name == main || Belongs(folder, f.Name))];
        byte[] manifest = JsonSerializer.SerializeToUtf8Bytes(new PackageManifest(main), PackageJson.Default.PackageManifest);
        files.Add(new PackageFile(PackageManifest.FileName, () => new MemoryStream(manifest, writable: false)));
        return new PackageBuilder(files);
    }

    /// <summary>Writes the zip. Blocks.</summary>
    /// <param name="output">Where to; not closed.</param>
    public void WriteTo(Stream output) => PackageArchive.Pack(_files, output);

    private static bool Belongs(string folder, string name)
    {
        bool isAside = Path.GetExtension(name) is ".pdb" or ".xml" && File.Exists(Path.Combine(folder, Path.ChangeExtension(name, ".dll")));
        bool isLauncher = File.Exists(Path.Combine(folder, Path.ChangeExtension(name, null) + ".dll")) && Path.GetExtension(name) is "" or ".exe";
        return name != PackageManifest.FileName && !isAside && !isLauncher && !s_fromHost.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
    }
}
