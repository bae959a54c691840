namespace OrleansStream.Engine.State;

/// <summary>Where a key lies in a table, if it lies at home or one step further: addresses of slots, good while the table keeps its shape.</summary>
internal struct Place
{
    public nint Home;
    public nint Next;
}

/// <summary>
/// Finds the places of a batch's keys in a table, one run of records ahead of their use, so that many memory accesses are under way at once. The user goes through the batch run by run:
/// <see cref="Begin"/>, then for each run <see cref="Enter"/>, then <see cref="PlaceOf"/> for each of its records, and <see cref="Repair"/> behind each record whose key was added.
/// Owned by one operator, used on the thread of its subtask.
/// </summary>
internal sealed class PlaceFinder
{
    /// <summary>Enough records to have many memory accesses under way, few enough that what comes stays in the first-level cache.</summary>
    public const int Run = 16;

    private readonly Place[] _places = new Place[2 * Run];
    private int _shape;

    public ref readonly Place PlaceOf(int i) => ref _places[i & ((2 * Run) - 1)];

    /// <summary>Starts with a batch's first run.</summary>
    public void Begin<TKey, TValue>(KeyedTable<TKey, TValue> table, ReadOnlySpan<ulong> hashes) => Locate(table, hashes, 0);

    /// <summary>Called before the run that begins at <paramref name="start"/>, a multiple of <see cref="Run"/>: sees to the one behind it.</summary>
    /// <returns>Where the run ends.</returns>
    public int Enter<TKey, TValue>(KeyedTable<TKey, TValue> table, ReadOnlySpan<ulong> hashes, int start)
    {
        int end = start + Run;
        if (end >= hashes.Length)
        {
            return hashes.Length;
        }

        Locate(table, hashes, end);
        return end;
    }

    /// <summary>Finds the places anew if the last addition made the table move its entries.</summary>
    public void Repair<TKey, TValue>(KeyedTable<TKey, TValue> table, ReadOnlySpan<ulong> hashes, int i)
    {
        if (table.Shape == _shape)
        {
            return;
        }

        int start = i & -Run;
        Locate(table, hashes, start);
        if (start + Run < hashes.Length)
        {
            Locate(table, hashes, start + Run);
        }
    }

    private void Locate<TKey, TValue>(KeyedTable<TKey, TValue> table, ReadOnlySpan<ulong> hashes, int start) =>
        _shape = table.Locate(hashes.Slice(start, Math.Min(Run, hashes.Length - start)), _places.AsSpan(start & Run, Run));
}
