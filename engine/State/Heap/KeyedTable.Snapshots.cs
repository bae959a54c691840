using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <content>
/// Who holds a segment. The live table does, by its directory; a snapshot of version s holds those that were made at version s or
/// before and were in the table then. So no counts are kept: a segment that leaves the table goes to the newest open snapshot that
/// holds it, and at that one's release to the next older one that does; without one it is freed.
/// </content>
public sealed partial class KeyedTable<TKey, TValue>
{
    /// <summary>Oldest first.</summary>
    private readonly List<TableSnapshot<TKey, TValue>> _open = [];
    private long _version = 1;

    /// <summary>0 when no snapshot is open; a segment of this version or before is shared, and its directory entries say so.</summary>
    private long _newestOpen;

    /// <summary>
    /// Takes a snapshot at the cost of copying the directory. The table may be used and changed at once; another thread may read the
    /// snapshot until it is released on this one.
    /// </summary>
    /// <returns>The snapshot, to be released by the caller, on the table's thread.</returns>
    public TableSnapshot<TKey, TValue> Freeze()
    {
        _pool.SnapshotOpened();
        TableSnapshot<TKey, TValue> snapshot = new(this, _directory.AsSpan().ToArray(), _shift, _scale, Count, _version);
        _open.Add(snapshot);
        _newestOpen = _version++;
        if (!ReferenceEquals(_entries, s_emptyEntries))
        {
            for (int i = 0; i < _entries.Length; i++)
            {
                _entries[i].IsShared = _directory[i].Version <= _newestOpen;
            }
        }
        return snapshot;
    }

    internal void Release(TableSnapshot<TKey, TValue> snapshot)
    {
        int at = _open.IndexOf(snapshot);
        if (at < 0)
        {
            throw new InvariantViolatedException("A snapshot of a table was released twice.");
        }
        _open.RemoveAt(at);
        if (at == _open.Count)
        {
            _newestOpen = at == 0 ? 0 : _open[at - 1].Version;
            for (int i = 0; i < _entries.Length; i++)
            {
                if (_entries[i].IsShared)
                {
                    _entries[i].IsShared = _directory[i].Version <= _newestOpen;
                }
            }
        }
        TableSnapshot<TKey, TValue>? older = at == 0 ? null : _open[at - 1];
        foreach (Segment<TKey, TValue> segment in snapshot.Retired)
        {
            if (older is not null && segment.Version <= older.Version)
            {
                older.Retired.Add(segment);
            }
            else
            {
                Free(segment);
            }
        }
        snapshot.Retired.Clear();
        _pool.SnapshotReleased();
    }

    /// <summary>Takes leave of a segment that is no longer in the directory.</summary>
    private void Retire(Segment<TKey, TValue> segment)
    {
        if (segment.Capacity == 0)
        {
            return;
        }
        if (segment.Version <= _newestOpen)
        {
            _open[^1].Retired.Add(segment);
        }
        else
        {
            Free(segment);
        }
    }

    /// <summary>Puts a copy of a segment that snapshots see into the table, for writing; the entries keep their places.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref DirectoryEntry<TKey, TValue> Unshare(ulong hash)
    {
        UnshareAt((int)IndexOf(hash));
        return ref EntryOf(hash);
    }

    private unsafe Segment<TKey, TValue> UnshareAt(int index)
    {
        Segment<TKey, TValue> old = _directory[index];
        Segment<TKey, TValue> copy = NewSegment(old.Capacity, old.Depth, old.Free, old.Due, clear: false);
        copy.Count = old.Count;
        copy.Dues = old.Dues;
        if (SlotLayout<TKey, TValue>.IsNative)
        {
            ColdCopy.Copy(old.Memory, copy.Memory, BytesOf(old.Capacity));
        }
        else
        {
            old.Array.AsSpan().CopyTo(copy.Array);
        }
        if (_copy is not null)
        {
            // Nothing was written to the old segment since the newest snapshot, so that one shares every value.
            copy.SharedValues = _flags!.Rent(old.Capacity);
            copy.SharedValues.AsSpan().Fill(true);
        }
        Replace(old, index, copy);
        return copy;
    }

    /// <summary>Before a value of a writable segment is handed out: copies it if an open snapshot may have it too.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void OwnValue(Segment<TKey, TValue> segment, nuint at)
    {
        if (segment.SharedValues is not { } shared)
        {
            return;
        }
        if (_newestOpen == 0)
        {
            // All snapshots were released; for the next one the whole segment will be shared again.
            segment.SharedValues = null;
            _flags!.Return(shared);
        }
        else if (shared[at])
        {
            ref TValue value = ref segment.ValueAt(at);
            value = _copy!(value);
            shared[at] = false;
        }
    }
}
