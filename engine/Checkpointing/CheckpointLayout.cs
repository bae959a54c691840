using System.Globalization;
using System.Text;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// The paths in a checkpoint store: <c>job/log/seq</c>, <c>job/chk-n/attempt/metadata</c>, <c>job/chk-n/attempt/state-vertex-index</c>.
/// A savepoint has the same files in the folder that its user chose. Part of the format.
/// </summary>
public static class CheckpointLayout
{
    /// <summary>The name of the metadata file in a checkpoint's or savepoint's folder.</summary>
    public const string MetadataName = "metadata";

    private const string CheckpointPrefix = "chk-";
    private const int SequenceDigits = 12;
    private const int LongestName = 100;

    /// <summary>
    /// The folder of a job: its name, if that is made of ASCII letters, digits, '-', '_' and '.'; else the name with '_' for all other
    /// characters and a checksum of the real name behind it, so that two jobs never share a folder by accident.
    /// </summary>
    /// <param name="job">The job's name.</param>
    public static string JobFolder(string job)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(job);
        var folder = new StringBuilder(job.Length);
        foreach (var c in job.Length > LongestName ? job[..LongestName] : job)
        {
            folder.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_');
        }

        if (folder[0] == '.')
        {
            folder[0] = '_';
        }

        if (folder[^1] == '.')
        {
            folder[^1] = '_';
        }

        var safe = folder.ToString();
        return safe == job && !IsDevice(safe)
            ? safe
            : safe + "-" + Checksum.Of(Encoding.UTF8.GetBytes(job)).ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>The folder of a job's log.</summary>
    /// <param name="job">The job's name.</param>
    public static string LogFolder(string job) => JobFolder(job) + "/log";

    /// <summary>The file of a log entry.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="sequence">The entry's number, from 1.</param>
    public static string LogEntry(string job, long sequence) =>
        LogFolder(job) + "/" + sequence.ToString("D" + SequenceDigits, CultureInfo.InvariantCulture);

    /// <summary>The number of a log entry's file; null if the path is not one.</summary>
    /// <param name="path">The path.</param>
    public static long? SequenceOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var name = path.AsSpan(path.LastIndexOf('/') + 1);
        return name.Length == SequenceDigits && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? sequence
            : null;
    }

    /// <summary>The folder of a checkpoint, whichever attempt took it.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="checkpointId">The checkpoint.</param>
    public static string CheckpointFolder(string job, long checkpointId) =>
        string.Create(CultureInfo.InvariantCulture, $"{JobFolder(job)}/{CheckpointPrefix}{checkpointId}");

    /// <summary>The folder of a checkpoint's files.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="checkpointId">The checkpoint.</param>
    /// <param name="attempt">The attempt that takes it.</param>
    public static string CheckpointFolder(string job, long checkpointId, int attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"{CheckpointFolder(job, checkpointId)}/{attempt}");

    /// <summary>The checkpoint and attempt of a file of a checkpoint in the job's own folder; null for any other file.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="path">The file's path.</param>
    public static (long CheckpointId, int Attempt)? CheckpointOf(string job, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var start = JobFolder(job) + "/" + CheckpointPrefix;
        if (!path.StartsWith(start, StringComparison.Ordinal))
        {
            return null;
        }

        var parts = path[start.Length..].Split('/');
        return parts.Length > 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            ? (id, attempt)
            : null;
    }

    /// <summary>The file of a subtask's state.</summary>
    /// <param name="folder">The checkpoint's or savepoint's folder.</param>
    /// <param name="subtask">The subtask.</param>
    public static string SubtaskFile(string folder, SubtaskId subtask) =>
        string.Create(CultureInfo.InvariantCulture, $"{folder}/state-{subtask.Vertex}-{subtask.Index}");

    /// <summary>The file of the metadata.</summary>
    /// <param name="folder">The checkpoint's or savepoint's folder.</param>
    public static string MetadataFile(string folder) => folder + "/" + MetadataName;

    // Names that Windows gives to devices, with or without an extension.
    private static bool IsDevice(string name)
    {
        var stem = name.Split('.')[0].ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL"
            || (stem.Length == 4 && char.IsAsciiDigit(stem[3])
                && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal)));
    }
}
