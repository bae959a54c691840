using System.IO.Compression;
using OrleansStream.Service;

namespace OrleansStream.Hosting;

/// <summary>Packages as zip files: packed so that the same files always give the same bytes, unpacked without trust in what the zip says.</summary>
internal static class PackageArchive
{
    private const int LongestName = 200;
    private const int UnixTypeMask = 0xF000;
    private const int UnixRegular = 0x8000;
    private const int UnixDirectory = 0x4000;
    private static readonly DateTimeOffset s_epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Packs files. Blocks.</summary>
    /// <param name="files">The files, in any order.</param>
    /// <param name="output">Where to; not closed.</param>
    public static void Pack(IEnumerable<PackageFile> files, Stream output)
    {
        using ZipArchive zip = new(output, ZipArchiveMode.Create, leaveOpen: true);
        foreach (PackageFile file in files.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            ZipArchiveEntry entry = zip.CreateEntry(file.Name, CompressionLevel.Optimal);
            entry.LastWriteTime = s_epoch;
            using Stream target = entry.Open();
            using Stream source = file.Open();
            source.CopyTo(target);
        }
    }

    /// <summary>Unpacks a zip. Blocks.</summary>
    /// <param name="zipFile">The zip.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="limits">How much it may hold; counted while it is unpacked, since sizes in a zip are claims.</param>
    /// <exception cref="JobServiceException">It is no zip, a name in it is unsafe, or it is too large.</exception>
    public static void Unpack(Stream zipFile, string folder, PackageLimits limits)
    {
        try
        {
            using ZipArchive zip = new(zipFile, ZipArchiveMode.Read, leaveOpen: true);
            if (zip.Entries.Count > limits.Files)
            {
                throw TooLarge($"has {zip.Entries.Count} files, more than {limits.Files}");
            }

            long left = limits.Bytes;
            HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
            HashSet<string> folders = new(StringComparer.OrdinalIgnoreCase);
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                string name = RequireSafe(entry);
                if (name.EndsWith('/'))
                {
                    continue;
                }

                if (!names.Add(name) || folders.Contains(name) || ParentsOf(name).Any(names.Contains))
                {
                    throw Invalid($"has '{name}' twice, if case does not count");
                }

                folders.UnionWith(ParentsOf(name));
                string path = Path.Combine(folder, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                left = Copy(entry, path, left, limits.Bytes);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw Invalid($"is no zip that can be read: {e.Message}", e);
        }
    }

    public static JobServiceException Invalid(string what, Exception? inner = null) =>
        new(JobServiceError.InvalidPackage, $"The package {what}. A package is a zip of the files that 'dotnet publish' writes for the job's project.", inner);

    public static JobServiceException TooLarge(string what) =>
        new(JobServiceError.TooLarge, $"The package {what}. Leave out what the service brings along (OrleansStream, Orleans, Microsoft.Extensions), or raise packages.max-bytes or packages.max-files.");

    private static IEnumerable<string> ParentsOf(string name) => Enumerable.Range(0, name.Length).Where(i => name[i] == '/').Select(i => name[..i]);

    private static long Copy(ZipArchiveEntry entry, string path, long left, long limit)
    {
        using Stream source = entry.Open();
        using FileStream target = new(path, FileMode.CreateNew, FileAccess.Write);
        byte[] buffer = new byte[81920];
        int read;
        while ((read = source.Read(buffer)) > 0)
        {
            left -= read;
            if (left < 0)
            {
                throw TooLarge($"has more than {limit} bytes unpacked");
            }

            target.Write(buffer, 0, read);
        }

        return left;
    }

    // Only plain relative names with slashes: what any file system takes literally and none takes out of the folder.
    private static string RequireSafe(ZipArchiveEntry entry)
    {
        string name = entry.FullName;
        int type = (entry.ExternalAttributes >> 16) & UnixTypeMask;
        if (type is not (0 or UnixRegular or UnixDirectory))
        {
            throw Invalid($"has '{Shown(name)}', which is neither file nor folder");
        }

        string[] parts = name.TrimEnd('/').Split('/');
        bool isSafe = name.Length is > 0 and <= LongestName
            && !name.Any(c => c is '\\' or ':' || char.IsControl(c))
            && parts.All(p => p.Length > 0 && p is not ("." or "..") && !p.EndsWith('.') && !p.EndsWith(' '));
        return isSafe ? name : throw Invalid($"has the unsafe name '{Shown(name)}': names are relative, without '..', at most {LongestName} characters");
    }

    private static string Shown(string name) => new([.. name.Take(LongestName).Select(c => char.IsControl(c) ? '?' : c)]);
}
