using OrleansStream.Keys;

namespace OrleansStream.Engine.State;

/// <summary>The key groups of one subtask.</summary>
internal readonly record struct KeyGroupsOwned(int First, int Last, int MaxParallelism)
{
    public static KeyGroupsOwned Of(int subtask, int parallelism, int maxParallelism)
    {
        KeyGroupRange range = KeyGroups.RangeOf(subtask, maxParallelism, parallelism);
        return new KeyGroupsOwned(range.First, range.Last, maxParallelism);
    }

    public int Count => Last - First + 1;

    public bool Contains(int group) => group >= First && group <= Last;

    public int GroupOf(ulong hash) => (int)(((hash >> 32) * (ulong)MaxParallelism) >> 32);

    /// <summary>Checks that a restored entry lies in the group that it was stored in: a snapshot of other hashing would scatter keys silently.</summary>
    public void Require<TEntry>(ulong hash, int group, string state, TEntry entry)
    {
        if (GroupOf(hash) != group)
        {
            throw new StateRestoreException(
                $"State '{state}': the key {entry} was stored in key group {group} but belongs to group {GroupOf(hash)}. The snapshot was made with another max-parallelism or key type.");
        }
    }
}
