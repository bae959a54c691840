namespace OrleansStream.Hosting.Checkpointing;

/// <summary>Turns what the operating system says into an exception that names the path and the remedy.</summary>
internal static class FileSystemFailure
{
    /// <summary>Whether an exception is a failure of the file system.</summary>
    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>Describes it.</summary>
    /// <param name="verb">What was to happen: "written", "read".</param>
    /// <param name="path">The path in the store.</param>
    /// <param name="root">The store's directory.</param>
    /// <param name="e">The failure.</param>
    public static CheckpointStorageException Describe(string verb, string path, string root, Exception e)
    {
        var where = $"'{path}' in {root}";
        return e switch
        {
            FileNotFoundException or DirectoryNotFoundException when verb == "read" => CheckpointStorageException.Damaged(
                $"Checkpoint file {where} is missing: it was never written, or something outside the job deleted it. Restore it from a "
                + "backup, or start from an older checkpoint or a savepoint.", e),
            UnauthorizedAccessException => new(
                $"Checkpoint file {where} cannot be {verb}: permission is denied, or a directory has that name. Give the user of this "
                + $"process read and write access to {root}.", e),
            IOException when IsFull(e.HResult) => new(
                $"Checkpoint file {where} cannot be {verb}: the disk or the quota is full. Free space, lower checkpointing.retained, or "
                + "choose another checkpointing.directory.", e),
            IOException when e.HResult is 30 => new(
                $"Checkpoint file {where} cannot be {verb}: the file system is mounted read-only. Choose another checkpointing.directory.", e),
            IOException when IsWithoutLinks(e) => new(
                $"Checkpoint file {where} cannot be {verb}: the file system refuses hard links, which the job log needs ({e.Message}). "
                + "Choose a checkpointing.directory on a file system that has them.", e),
            _ => new(
                $"Checkpoint file {where} cannot be {verb}: {e.Message} Check that {root} is a directory on a healthy file system, or "
                + "choose another checkpointing.directory.", e),
        };
    }

    // ENOSPC, EDQUOT (Linux, BSD); ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL.
    private static bool IsFull(int code) => code is 28 or 122 or 69 or unchecked((int)0x80070070) or unchecked((int)0x80070027);

    // EPERM, EMLINK, EOPNOTSUPP of link(2).
    private static bool IsWithoutLinks(Exception e) =>
        e.Message.StartsWith("link:", StringComparison.Ordinal) && e.HResult is 1 or 31 or 95 or 45;
}
