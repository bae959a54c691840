namespace OrleansStream.Hosting;

/// <summary>A file of a package.</summary>
/// <param name="Name">Its name in the package, with slashes.</param>
/// <param name="Open">Opens its content.</param>
internal sealed record PackageFile(string Name, Func<Stream> Open)
{
    /// <summary>All files below a folder.</summary>
    public static IEnumerable<PackageFile> In(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(p => new PackageFile(Path.GetRelativePath(folder, p).Replace('\\', '/'), () => File.OpenRead(p)));
}
