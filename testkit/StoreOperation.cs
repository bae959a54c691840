namespace OrleansStream.TestKit;

/// <summary>What was asked of a checkpoint store.</summary>
public enum StoreOperationKind
{
    /// <summary>A file that must not replace another.</summary>
    PutIfAbsent,

    /// <summary>The start of a data file.</summary>
    Create,

    /// <summary>A block of a data file.</summary>
    Write,

    /// <summary>The end of a data file.</summary>
    Commit,

    /// <summary>A read of a file or of a part of it.</summary>
    Read,

    /// <summary>A question whether a file is there.</summary>
    Exists,

    /// <summary>A listing of a folder.</summary>
    List,

    /// <summary>The deletion of a file.</summary>
    Delete,

    /// <summary>The deletion of a folder.</summary>
    DeleteFolder,
}

/// <summary>One operation of a <see cref="FaultyCheckpointStore"/>.</summary>
/// <param name="Number">Its place among all operations of the store, from 0.</param>
/// <param name="Kind">What was asked.</param>
/// <param name="Path">The file or folder.</param>
/// <param name="Length">The bytes to write or read, where that is known.</param>
public readonly record struct StoreOperation(int Number, StoreOperationKind Kind, string Path, int Length);
