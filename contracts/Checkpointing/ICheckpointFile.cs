namespace OrleansStream.Checkpointing;

/// <summary>
/// A data file that is being written, from <see cref="ICheckpointStore.Create"/>. One thread at a time, of the host's I/O pool; every
/// method may block. Disposing it before <see cref="Commit"/> removes what was written.
/// </summary>
public interface ICheckpointFile : IDisposable
{
    /// <summary>Adds bytes at the end. Callers hand over blocks (64 KiB and more), since a store does not buffer.</summary>
    /// <param name="bytes">The bytes; the store keeps no reference.</param>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Makes the file durable and visible under its path. The last call before Dispose; once.</summary>
    void Commit();
}
