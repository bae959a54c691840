using OrleansStream.Checkpointing;

namespace OrleansStream.TestKit;

/// <summary>
/// A checkpoint store that does to its caller what real ones do, when a test says so: an operation fails, or fails after it happened,
/// or a write is torn. It wraps any store and keeps a list of what was asked. Safe for any number of threads; the delegate runs on the
/// caller's thread, one call at a time.
/// </summary>
public sealed class FaultyCheckpointStore : ICheckpointStore
{
    private readonly ICheckpointStore _inner;
    private readonly Lock _gate = new();
    private readonly List<StoreOperation> _operations = [];

    /// <summary>Wraps a store.</summary>
    /// <param name="inner">The store that does the work.</param>
    public FaultyCheckpointStore(ICheckpointStore inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
    }

    /// <summary>Called before each operation; it returns what shall go wrong, or throws what the caller shall see.</summary>
    public Func<StoreOperation, StoreFault>? Before { get; set; }

    /// <summary>All operations so far, in order, also those that failed.</summary>
    public IReadOnlyList<StoreOperation> Operations
    {
        get
        {
            lock (_gate)
            {
                return [.. _operations];
            }
        }
    }

    /// <inheritdoc/>
    public bool PutIfAbsent(string path, ReadOnlySpan<byte> content)
    {
        var fault = Ask(StoreOperationKind.PutIfAbsent, path, content.Length);
        fault.ThrowBefore();
        var done = _inner.PutIfAbsent(path, content[..fault.Kept(content.Length)]);
        fault.ThrowAfter();
        return done;
    }

    /// <inheritdoc/>
    public ICheckpointFile Create(string path)
    {
        var fault = Ask(StoreOperationKind.Create, path, 0);
        fault.ThrowBefore();
        return new FaultyFile(this, path, _inner.Create(path));
    }

    /// <inheritdoc/>
    public byte[] Read(string path) => Run(StoreOperationKind.Read, path, 0, () => _inner.Read(path));

    /// <inheritdoc/>
    public byte[] Read(string path, long offset, int length) =>
        Run(StoreOperationKind.Read, path, length, () => _inner.Read(path, offset, length));

    /// <inheritdoc/>
    public bool Exists(string path) => Run(StoreOperationKind.Exists, path, 0, () => _inner.Exists(path));

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder) => Run(StoreOperationKind.List, folder, 0, () => _inner.List(folder));

    /// <inheritdoc/>
    public void Delete(string path) => Run(StoreOperationKind.Delete, path, 0, () =>
    {
        _inner.Delete(path);
        return true;
    });

    /// <inheritdoc/>
    public void DeleteFolder(string folder) => Run(StoreOperationKind.DeleteFolder, folder, 0, () =>
    {
        _inner.DeleteFolder(folder);
        return true;
    });

    private T Run<T>(StoreOperationKind kind, string path, int length, Func<T> operation)
    {
        var fault = Ask(kind, path, length);
        fault.ThrowBefore();
        var result = operation();
        fault.ThrowAfter();
        return result;
    }

    private StoreFault Ask(StoreOperationKind kind, string path, int length)
    {
        lock (_gate)
        {
            var operation = new StoreOperation(_operations.Count, kind, path, length);
            _operations.Add(operation);
            return Before?.Invoke(operation) ?? StoreFault.None;
        }
    }

    private sealed class FaultyFile(FaultyCheckpointStore store, string path, ICheckpointFile inner) : ICheckpointFile
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
            var fault = store.Ask(StoreOperationKind.Write, path, bytes.Length);
            fault.ThrowBefore();
            inner.Write(bytes[..fault.Kept(bytes.Length)]);
            fault.ThrowAfter();
        }

        public void Commit()
        {
            var fault = store.Ask(StoreOperationKind.Commit, path, 0);
            fault.ThrowBefore();
            inner.Commit();
            fault.ThrowAfter();
        }

        public void Dispose() => inner.Dispose();
    }
}
