using System.Xml.Linq;

namespace OrleansStream.Architecture;

/// <summary>What a project file says.</summary>
internal sealed class ProjectFile
{
    private readonly XDocument _xml;

    private ProjectFile(string path)
    {
        Path = path;
        _xml = XDocument.Parse(Repository.Read(path));
    }

    public static IReadOnlyList<ProjectFile> All { get; } = [.. Repository.FilesEndingIn(".csproj").Select(path => new ProjectFile(path))];

    /// <summary>Relative to the root.</summary>
    public string Path { get; }

    /// <summary>The paths of the projects that it references, relative to the root.</summary>
    public IEnumerable<string> References => Includes("ProjectReference").Select(Resolve);

    /// <summary>The packages that it hands on to who references it.</summary>
    public IEnumerable<string> Packages =>
        _xml.Descendants("PackageReference").Where(p => (string?)p.Attribute("PrivateAssets") != "all").Select(p => (string)p.Attribute("Include")!);

    public static ProjectFile Find(string path) => All.Single(project => project.Path == path);

    public IEnumerable<string> Includes(string element) => _xml.Descendants(element).Select(e => (string)e.Attribute("Include")!);

    public string Property(string name) => string.Join(";", _xml.Descendants(name).Select(e => e.Value));

    public override string ToString() => Path;

    private string Resolve(string include)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.Combine(Repository.Root, Path))!;
        string full = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, include.Replace('\\', '/')));
        return System.IO.Path.GetRelativePath(Repository.Root, full).Replace('\\', '/');
    }
}
