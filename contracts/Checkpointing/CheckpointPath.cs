namespace OrleansStream.Checkpointing;

/// <summary>
/// The rules for a path in a checkpoint store, the same for every store, so that what one accepts another does too: segments
/// separated by '/', relative; a segment is not empty, does not begin with '.' (so neither "." nor ".." nor a store's own temporary
/// files), does not end with '.' or a space, and has no control character and none of <c>\ : * ? " &lt; &gt; |</c>.
/// </summary>
public static class CheckpointPath
{
    private const string Refused = "\\:*?\"<>|";

    /// <summary>Checks the path of a file; every store calls it first.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="CheckpointStorageException">The path breaks a rule; the message says which.</exception>
    public static void RequireFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Problem(path) is { } problem)
        {
            throw new CheckpointStorageException(
                $"Checkpoint path '{path}' is refused: {problem}. Paths are relative to the checkpoint directory, with '/' between segments.");
        }
    }

    /// <summary>Checks the path of a folder: that of a file, or empty for the root.</summary>
    /// <param name="folder">The path.</param>
    /// <exception cref="CheckpointStorageException">The path breaks a rule; the message says which.</exception>
    public static void RequireFolder(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (folder.Length > 0)
        {
            RequireFile(folder);
        }
    }

    /// <summary>Whether a file is under a folder.</summary>
    /// <param name="folder">The folder; empty for the root.</param>
    /// <param name="path">The file's path.</param>
    public static bool IsUnder(string folder, string path)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(path);
        return folder.Length == 0
            || (path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal));
    }

    private static string? Problem(string path)
    {
        foreach (var range in path.AsSpan().Split('/'))
        {
            var segment = path.AsSpan(range);
            if (segment.IsEmpty)
            {
                return "it has an empty segment, or is rooted";
            }

            if (segment[0] == '.')
            {
                return $"the segment '{segment}' begins with '.'";
            }

            if (segment[^1] is '.' or ' ')
            {
                return $"the segment '{segment}' ends with '.' or a space";
            }

            foreach (var c in segment)
            {
                if (char.IsControl(c) || Refused.Contains(c, StringComparison.Ordinal))
                {
                    return char.IsControl(c) ? "it has a control character" : $"it has the character '{c}'";
                }
            }
        }

        return null;
    }
}
