using System.Numerics;
using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.Combining;

/// <summary>
/// Partial results by key and slice of time: entries in the order in which they came, and an open-addressing index of twice as many places, so that emptying it costs what was in it.
/// </summary>
internal sealed class CombineTable<TKey, TAcc>
{
    private const int FirstEntries = 64;
    private readonly int _capacity;
    private readonly int[] _places;
    private readonly uint _mask;
    private Entry[] _entries;

    public CombineTable(int capacity)
    {
        _capacity = capacity;
        _places = new int[BitOperations.RoundUpToPowerOf2((uint)capacity * 2)];
        _mask = (uint)_places.Length - 1;
        _entries = new Entry[Math.Min(capacity, FirstEntries)];
    }

    public int Count { get; private set; }

    public bool IsFull => Count == _capacity;

    public ref Entry this[int at] => ref _entries[at];

    /// <summary>The entry of a key and slice; a new one, with nothing but those, if there is none. There must be room for it.</summary>
    public ref Entry GetOrAdd(in TKey key, ulong hash, long slice, out bool added)
    {
        uint place = (uint)(hash ^ ((ulong)slice * 0x9E3779B97F4A7C15)) & _mask;
        while (true)
        {
            int at = _places[place] - 1;
            if (at < 0)
            {
                break;
            }

            ref Entry there = ref _entries[at];
            if (there.Hash == hash && there.Slice == slice && EqualityComparer<TKey>.Default.Equals(there.Key, key))
            {
                added = false;
                return ref there;
            }

            place = (place + 1) & _mask;
        }

        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Min(_capacity, Count * 2));
        }

        ref Entry entry = ref _entries[Count++];
        _places[place] = Count;
        entry.Hash = hash;
        entry.Key = key;
        entry.Slice = slice;
        entry.Place = place;
        added = true;
        return ref entry;
    }

    public void Clear()
    {
        if (Count > _places.Length / 8)
        {
            Array.Clear(_places);
        }
        else
        {
            for (int i = 0; i < Count; i++)
            {
                _places[_entries[i].Place] = 0;
            }
        }

        if (RuntimeHelpers.IsReferenceOrContainsReferences<Entry>())
        {
            Array.Clear(_entries, 0, Count);
        }

        Count = 0;
    }

    /// <summary>What some records of a key were combined to.</summary>
    public struct Entry
    {
        public ulong Hash;
        public TKey Key;

        /// <summary>The start of the slice; 0 for windows that merge.</summary>
        public long Slice;
        public uint Place;

        /// <summary>How many records; 0 if they have been sent already.</summary>
        public long Count;

        /// <summary>The timestamp of the last record that came.</summary>
        public long Timestamp;

        /// <summary>What their windows have merged to; nothing for others.</summary>
        public TimeWindow Window;
        public TAcc Accumulator;
    }
}
