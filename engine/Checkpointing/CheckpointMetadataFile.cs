using System.Security.Cryptography;
using OrleansStream.Checkpointing;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// Writes and reads the metadata file of a checkpoint or savepoint. Both calls block: for work items in the host's I/O pool. Paths of
/// subtask files beneath the metadata's folder are stored relative to it ("./…"), so that a savepoint can be copied or moved.
/// </summary>
public static class CheckpointMetadataFile
{
    private const string Here = "./";

    /// <summary>Stores metadata; storing the same again is fine, since the answer to the first try may have been lost.</summary>
    /// <param name="store">The store.</param>
    /// <param name="folder">The checkpoint's or savepoint's folder.</param>
    /// <param name="metadata">The metadata.</param>
    /// <exception cref="CheckpointStorageException">The folder holds another checkpoint, or the store failed.</exception>
    public static StoredMetadata Write(ICheckpointStore store, string folder, CheckpointMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(metadata);
        var path = CheckpointLayout.MetadataFile(folder);
        var stored = metadata with { Subtasks = [.. metadata.Subtasks.Select(s => s with { Path = ToStored(folder, s.Path) })] };
        var file = CheckpointJson.ToFile(CheckpointFileKind.Metadata, stored, CheckpointJson.Default.CheckpointMetadata);
        if (!store.PutIfAbsent(path, file) && !store.Read(path).AsSpan().SequenceEqual(file))
        {
            throw new CheckpointStorageException(
                $"Checkpoint file '{path}' exists already and is another checkpoint's. Choose an empty folder for the savepoint.");
        }

        return new StoredMetadata(path, Digest(file));
    }

    /// <summary>
    /// Refuses a folder that holds files already; to be called before a savepoint is requested, since subtasks' files replace those of
    /// an older savepoint.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="folder">The folder for the savepoint.</param>
    /// <exception cref="CheckpointStorageException">The folder is not empty.</exception>
    public static void RequireFree(ICheckpointStore store, string folder)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.List(folder) is { Count: > 0 } files)
        {
            throw new CheckpointStorageException(
                $"Savepoint folder '{folder}' is not empty: it holds '{files[0]}'{(files.Count > 1 ? $" and {files.Count - 1} more" : "")}. "
                + "Choose an empty or new folder; savepoints are never overwritten.");
        }
    }

    /// <summary>Reads metadata.</summary>
    /// <param name="store">The store.</param>
    /// <param name="path">The metadata file.</param>
    /// <param name="digest">The digest that the job log has; null for a savepoint that its user names.</param>
    /// <exception cref="CheckpointStorageException">The file is missing, torn, foreign or not the one of the digest.</exception>
    public static CheckpointMetadata Read(ICheckpointStore store, string path, string? digest = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        var file = store.Read(path);
        var metadata = CheckpointJson.FromFile(path, CheckpointFileKind.Metadata, file, CheckpointJson.Default.CheckpointMetadata);
        if (metadata.FormatVersion != CheckpointMetadata.CurrentFormat)
        {
            throw CheckpointStorageException.Damaged(
                $"Checkpoint file '{path}' has metadata of format {metadata.FormatVersion}; this build reads format "
                + $"{CheckpointMetadata.CurrentFormat}. Run the build that wrote it, or a newer one.");
        }

        if (digest is not null && digest != Digest(file))
        {
            throw CheckpointStorageException.Damaged(
                $"Checkpoint file '{path}' is foreign: its digest is {Digest(file)}, and the job log has {digest} for it. Restore it from a "
                + "backup, or start from an older checkpoint or a savepoint.");
        }

        var end = path.LastIndexOf('/');
        var folder = end < 0 ? "" : path[..end];
        return metadata with { Subtasks = [.. metadata.Subtasks.Select(s => s with { Path = FromStored(folder, s.Path) })] };
    }

    private static string Digest(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file));

    private static string? ToStored(string folder, string? path) =>
        path is not null && CheckpointPath.IsUnder(folder, path) ? Here + path[(folder.Length + 1)..] : path;

    private static string? FromStored(string folder, string? path) =>
        path is null || !path.StartsWith(Here, StringComparison.Ordinal) ? path
        : folder.Length == 0 ? path[Here.Length..]
        : folder + "/" + path[Here.Length..];
}
