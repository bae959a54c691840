namespace OrleansStream.Checkpointing;

/// <summary>
/// Where checkpoints, savepoints and the job log are kept: a directory, an object store, memory.
/// </summary>
/// <remarks>
/// <para>Every method <b>blocks</b> until it is done. Only the host's I/O pool calls a store, never a worker: a tasklet that waited for a
/// disk would hold every tasklet of its core.</para>
/// <para>A store is safe for calls from several threads at once, and from several processes that share the same place.</para>
/// <para>Paths are relative, with '/' between segments; <see cref="CheckpointPath"/> states the rules. A folder needs no creation and
/// exists as long as a file is in it.</para>
/// <para>Whatever fails (no space, no permission, no connection, a missing file) is a <see cref="CheckpointStorageException"/> that names
/// the path and the remedy. When a <i>write</i> throws, its outcome is unknown: the file may be there or not.</para>
/// </remarks>
public interface ICheckpointStore
{
    /// <summary>
    /// Makes a complete file that appears at once and never replaces another. Of any number of callers, in any processes, that put the
    /// same path, exactly one gets <c>true</c>. The job log rests on this.
    /// </summary>
    /// <param name="path">The file's path.</param>
    /// <param name="content">The whole content.</param>
    /// <returns><c>true</c>: the file is this one and durable. <c>false</c>: a file was there already; it is unchanged.</returns>
    bool PutIfAbsent(string path, ReadOnlySpan<byte> content);

    /// <summary>
    /// Starts a data file that becomes visible on <see cref="ICheckpointFile.Commit"/>; it then replaces an earlier file of that path,
    /// such as the rest of a failed try.
    /// </summary>
    /// <param name="path">The file's path.</param>
    ICheckpointFile Create(string path);

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="CheckpointStorageException">The file is missing or cannot be read.</exception>
    byte[] Read(string path);

    /// <summary>Reads a part of a file.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <returns>Exactly <paramref name="length"/> bytes.</returns>
    /// <exception cref="CheckpointStorageException">The file is missing, ends before the range does, or cannot be read.</exception>
    byte[] Read(string path, long offset, int length);

    /// <summary>Whether a complete file is at the path.</summary>
    /// <param name="path">The file's path.</param>
    bool Exists(string path);

    /// <summary>
    /// The files under a folder and its sub-folders, as paths that <see cref="Read(string)"/> takes, in ordinal order. Holds every file
    /// that was there before the call and is not deleted during it; unfinished files are left out. An unknown folder is an empty one.
    /// </summary>
    /// <param name="folder">The folder; an empty string is the root.</param>
    IReadOnlyList<string> List(string folder);

    /// <summary>Deletes a file; a missing one is fine.</summary>
    /// <param name="path">The file's path.</param>
    void Delete(string path);

    /// <summary>Deletes a folder with all that is in it; a missing one is fine.</summary>
    /// <param name="folder">The folder; not the root.</param>
    void DeleteFolder(string folder);
}
