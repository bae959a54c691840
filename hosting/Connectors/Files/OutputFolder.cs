using OrleansStream.Connectors.Files;

namespace OrleansStream;

/// <summary>What a program that starts jobs does with their output folders.</summary>
public static class OutputFolder
{
    /// <summary>Whether nothing is in the folder, hidden files included, or it is not there.</summary>
    /// <param name="path">The folder.</param>
    public static bool IsEmpty(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return !File.Exists(path) && (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any());
    }

    /// <summary>Checks that a job which starts afresh does not mix its output with that of an earlier run.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="OptionsException">Something is in it; the message names the options <c>--resume</c> and <c>--overwrite</c>.</exception>
    public static void RequireEmpty(string path)
    {
        if (!IsEmpty(path))
        {
            string what = File.Exists(path) ? "is a file" : $"is not empty (it has '{Path.GetFileName(Directory.EnumerateFileSystemEntries(path).Min(StringComparer.Ordinal))}')";
            throw new OptionsException(
                $"The output folder '{path}' {what}. Give --resume to go on from the last checkpoint, --overwrite to delete that output and begin anew, or another folder.");
        }
    }

    /// <summary>Deletes the files that file sinks made, visible or not, and nothing else. No job may be writing into the folder.</summary>
    /// <param name="path">The folder; it stays.</param>
    /// <returns>How many files were deleted.</returns>
    /// <exception cref="ConnectorException">A file cannot be deleted.</exception>
    public static int Clear(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!Directory.Exists(path))
        {
            return 0;
        }

        int deleted = 0;
        try
        {
            foreach (string file in Directory.EnumerateFiles(path).Where(IsOwned).ToArray())
            {
                File.Delete(file);
                deleted++;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConnectorException($"The output folder '{path}' cannot be cleared: {e.Message} Check its permissions.", e);
        }

        return deleted;
    }

    internal static string? FirstForeign(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (File.Exists(path))
        {
            return Path.GetFileName(path);
        }

        return Directory.Exists(path)
            ? Directory.EnumerateFileSystemEntries(path).Where(entry => Directory.Exists(entry) || !IsOwned(entry)).Select(Path.GetFileName).Min(StringComparer.Ordinal)
            : null;
    }

    private static bool IsOwned(string file) => PartName.Parse(Path.GetFileName(file), out _) is not null;
}
