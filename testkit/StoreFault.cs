namespace OrleansStream.TestKit;

/// <summary>What shall go wrong with one operation of a <see cref="FaultyCheckpointStore"/>.</summary>
public sealed class StoreFault
{
    private readonly Exception? _before;
    private readonly Exception? _after;
    private readonly int? _kept;

    private StoreFault(Exception? before, Exception? after, int? kept)
    {
        _before = before;
        _after = after;
        _kept = kept;
    }

    /// <summary>Nothing goes wrong.</summary>
    public static StoreFault None { get; } = new(null, null, null);

    /// <summary>The operation does not happen and the caller sees the exception.</summary>
    /// <param name="error">The exception.</param>
    public static StoreFault Fails(Exception error) => new(error, null, null);

    /// <summary>The directory is full: as <see cref="Fails"/>, with the message of the file system store.</summary>
    /// <param name="path">The file.</param>
    public static StoreFault Full(string path) => Fails(new CheckpointStorageException(
        $"Checkpoint file '{path}' cannot be written: the disk or the quota is full. Free space."));

    /// <summary>The operation happens and the caller sees the exception: a lost answer.</summary>
    /// <param name="error">The exception.</param>
    public static StoreFault FailsAfter(Exception error) => new(null, error, null);

    /// <summary>Only the first bytes are written, and the caller hears of success: a disk that lies.</summary>
    /// <param name="keptBytes">How many bytes are written.</param>
    public static StoreFault Torn(int keptBytes) => new(null, null, keptBytes);

    /// <summary>Only the first bytes are written, and the caller sees the exception: the connection broke.</summary>
    /// <param name="keptBytes">How many bytes are written.</param>
    /// <param name="error">The exception.</param>
    public static StoreFault Breaks(int keptBytes, Exception error) => new(null, error, keptBytes);

    internal int Kept(int length) => Math.Min(length, _kept ?? length);

    internal void ThrowBefore() => Throw(_before);

    internal void ThrowAfter() => Throw(_after);

    private static void Throw(Exception? error)
    {
        if (error is not null)
        {
            throw error;
        }
    }
}
