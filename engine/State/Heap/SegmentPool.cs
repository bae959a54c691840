namespace OrleansStream.Engine.State;

/// <summary>
/// The memory of a subtask's tables. Tables whose keys and values hold no references live in slabs outside the managed heap, all
/// others in pooled arrays. Used on the subtask's thread only. What tables give back is kept for reuse; memory outside the managed
/// heap stays at its high-water mark until the pool is disposed.
/// </summary>
public sealed unsafe class SegmentPool : IDisposable
{
    private const long KeptManagedBytes = 16L * 1024 * 1024;

    private readonly NativeSlabs _slabs = new();
    private readonly Dictionary<Type, object> _managed = [];
    private long _liveBlocks;
    private long _nativeBytes;
    private long _managedBytes;
    private long _managedIdleBytes;
    private int _openSnapshots;
    private bool _disposed;

    /// <summary>Frees the memory when nobody disposed the pool and no table or snapshot of it can be reached any more.</summary>
    ~SegmentPool() => _slabs.FreeAll();

    /// <summary>What the pool holds now.</summary>
    public SegmentPoolStatistics Statistics =>
        new(_liveBlocks, _nativeBytes + _managedBytes, _slabs.ReservedBytes + _managedBytes + _managedIdleBytes, _openSnapshots);

    /// <summary>
    /// Ends the pool; its tables must not be used afterwards. While snapshots are open, the memory stays until the last of them is
    /// released, since another thread may be reading it.
    /// </summary>
    public void Dispose()
    {
        _disposed = true;
        if (_openSnapshots == 0)
        {
            Free();
        }
    }

    internal void* RentNative(long bytes)
    {
        ThrowIfDisposed();
        void* block = _slabs.Rent(bytes);
        _liveBlocks++;
        _nativeBytes += NativeSlabs.BlockBytes(bytes);
        return block;
    }

    internal void ReturnNative(void* block, long bytes)
    {
        if (_disposed && _openSnapshots == 0)
        {
            return;
        }
        _slabs.Return(block, bytes);
        _liveBlocks--;
        _nativeBytes -= NativeSlabs.BlockBytes(bytes);
    }

    internal ManagedBlocks<T> BlocksOf<T>()
    {
        ThrowIfDisposed();
        if (_managed.TryGetValue(typeof(T), out object? blocks))
        {
            return (ManagedBlocks<T>)blocks;
        }
        ManagedBlocks<T> created = new(this);
        _managed.Add(typeof(T), created);
        return created;
    }

    internal void ManagedRented(long bytes)
    {
        _liveBlocks++;
        _managedBytes += bytes;
    }

    internal void ManagedReused(long bytes)
    {
        ManagedRented(bytes);
        _managedIdleBytes -= bytes;
    }

    /// <summary>Notes a returned array and says whether to keep it: as much as is in use, for the copies of the next snapshot.</summary>
    internal bool ManagedReturned(long bytes)
    {
        if (_disposed && _openSnapshots == 0)
        {
            return false;
        }
        _liveBlocks--;
        _managedBytes -= bytes;
        if (_disposed || _managedIdleBytes + bytes > Math.Max(KeptManagedBytes, _managedBytes))
        {
            return false;
        }
        _managedIdleBytes += bytes;
        return true;
    }

    internal void SnapshotOpened()
    {
        ThrowIfDisposed();
        _openSnapshots++;
    }

    internal void SnapshotReleased()
    {
        _openSnapshots--;
        if (_disposed && _openSnapshots == 0)
        {
            Free();
        }
    }

    private void Free()
    {
        _slabs.FreeAll();
        _managed.Clear();
        _liveBlocks = _nativeBytes = _managedBytes = _managedIdleBytes = 0;
        GC.SuppressFinalize(this);
    }

    private void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new InvariantViolatedException("A table was used after the segment pool of its subtask had been disposed.");
        }
    }
}
