using System.IO.Enumeration;

namespace OrleansStream.Connectors.Files;

/// <summary>
/// What a file source was told to read: a file, a directory (its files, not those of its directories), or a pattern with <c>*</c>, <c>?</c> and, for any number of directories, <c>**</c>.
/// Names that begin with a dot are left out: they are hidden, and others write them.
/// </summary>
internal sealed class FilePattern
{
    private static readonly EnumerationOptions s_all = new() { AttributesToSkip = 0, IgnoreInaccessible = false };
    private static readonly char[] s_separators = OperatingSystem.IsWindows() ? ['/', '\\'] : ['/'];

    private readonly string _path;
    private readonly string _folder = "";
    private readonly string[] _segments = [];

    public FilePattern(string path)
    {
        _path = path;
        if (!IsPattern(path) || File.Exists(path) || Directory.Exists(path))
        {
            return;
        }

        string[] parts = path.Split(s_separators);
        int first = Array.FindIndex(parts, IsPattern);
        string folder = string.Join('/', parts[..first]);
        _folder = first == 0 ? "" : folder.Length == 0 ? "/" : folder;
        _segments = parts[first..];
    }

    /// <summary>The path of a file, for reading and for messages; as the author wrote it, so relative where theirs was.</summary>
    public string PathOf(string name)
    {
        if (_segments.Length > 0)
        {
            return Path.Combine(_folder, name);
        }

        return name == Path.GetFileName(_path) && !Directory.Exists(_path) ? _path : Path.Combine(_path, name);
    }

    /// <summary>The names of the files there are, with slashes, relative to the folder that was named, in a fixed order.</summary>
    /// <param name="operatorName">The source, for messages.</param>
    /// <param name="mayBeMissing">Whether what was named need not be there yet.</param>
    public List<string> Find(string operatorName, bool mayBeMissing)
    {
        HashSet<string> found = new(StringComparer.Ordinal);
        try
        {
            Collect(found);
        }
        catch (DirectoryNotFoundException) when (mayBeMissing)
        {
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConnectorException($"Source '{operatorName}': '{_path}' cannot be listed: {e.Message} Check the path and the permissions.", e);
        }

        if (found.Count == 0 && !mayBeMissing && !Directory.Exists(_path))
        {
            throw new ConnectorException(
                _segments.Length > 0
                    ? $"Source '{operatorName}': no file matches '{_path}' (from {Path.GetFullPath(".")}). Correct the pattern, or put it in quotes if the shell changed it."
                    : $"Source '{operatorName}': there is no file '{_path}' (from {Path.GetFullPath(".")}). Correct the path.");
        }

        List<string> names = [.. found];
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static bool IsPattern(string path) => path.AsSpan().ContainsAny('*', '?');

    private void Collect(HashSet<string> found)
    {
        if (_segments.Length > 0)
        {
            Match(_folder.Length == 0 ? "." : _folder, "", 0, found);
        }
        else if (File.Exists(_path))
        {
            found.Add(Path.GetFileName(_path));
        }
        else if (Directory.Exists(_path))
        {
            Match(_path, "", -1, found);
        }
    }

    // Segment -1 stands for: all files here.
    private void Match(string folder, string prefix, int segment, HashSet<string> found)
    {
        string pattern = segment < 0 ? "*" : _segments[segment];
        bool isLast = segment < 0 || segment == _segments.Length - 1;
        bool isDeep = pattern == "**";
        if (isDeep && !isLast)
        {
            Match(folder, prefix, segment + 1, found);
        }

        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", s_all))
        {
            if (entry.Name[0] == '.')
            {
                continue;
            }

            bool isFolder = (entry.Attributes & FileAttributes.Directory) != 0;
            bool matches = isDeep || FileSystemName.MatchesSimpleExpression(pattern, entry.Name, ignoreCase: false);
            string name = prefix + entry.Name;
            // A link could lead back up.
            if (isFolder && matches && (isDeep ? entry.LinkTarget is null : !isLast))
            {
                Match(entry.FullName, name + "/", isDeep ? segment : segment + 1, found);
            }
            else if (!isFolder && matches && isLast)
            {
                found.Add(name);
            }
        }
    }
}
