using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <content>What a cursor asks of its table.</content>
public sealed partial class KeyedTable<TKey, TValue>
{
    private ulong _lastRemovedHash;

    internal int DirectoryLength => _directory.Length;

    internal Segment<TKey, TValue> SegmentAt(int index) => _directory[index];

    internal int SpanAt(int index) => Span(_directory[index]);

    internal void CursorClosed() => _cursors = Math.Max(0, _cursors - 1);

    /// <summary>Says whether the visited entry was removed since the cursor looked last; throws when more than that happened.</summary>
    internal bool WasVisitedRemoved(ulong visited, long adds, ref long removes)
    {
        if (adds == _adds && removes == _removes)
        {
            return false;
        }
        if (adds != _adds || removes + 1 != _removes || visited != _lastRemovedHash)
        {
            throw new InvariantViolatedException(
                $"A table of {typeof(TKey)} was changed under a cursor, by more than the removal of the visited entry.");
        }
        removes = _removes;
        return true;
    }

    internal ref TValue ValueForWrite(int index, nuint at)
    {
        if (_entries[index].IsShared)
        {
            Unshare(_directory[index].HashAt(at));
        }
        if (_copy is not null)
        {
            OwnValue(_directory[index], at);
        }
        return ref _directory[index].ValueAt(at);
    }

    internal ref readonly TValue ValueForRead(int index, nuint at) =>
        ref _copy is null ? ref _directory[index].ValueAt(at) : ref ValueForWrite(index, at);

    internal void RemoveVisited(int index, nuint at) => RemoveAt(_directory[index].HashAt(at), at);
}
