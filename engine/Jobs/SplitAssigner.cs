using OrleansStream.Engine.Sources;

namespace OrleansStream.Engine.Jobs;

/// <summary>
/// Shares the splits of a source out over its subtasks. Pure. What is known follows from what readers have in the checkpoint, so the assigner has no state of its own: a split that was assigned
/// after the checkpoint is not in it, and is discovered again.
/// </summary>
internal sealed class SplitAssigner(int subtasks)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly int[] _load = new int[subtasks];

    /// <summary>Shares out splits of a checkpoint.</summary>
    public List<AssignedSplit>[] AssignRestored(IEnumerable<AssignedSplit> splits) => Share(splits.OrderBy(s => s.Split.Id, StringComparer.Ordinal));

    /// <summary>Shares out the discovered splits that are not known yet.</summary>
    public List<AssignedSplit>[] AssignNew(IEnumerable<SourceSplit> discovered) => Share(
        discovered.Select(s => new AssignedSplit(s, long.MinValue, false)));

    private List<AssignedSplit>[] Share(IEnumerable<AssignedSplit> splits)
    {
        List<AssignedSplit>[] shares = [.. Enumerable.Range(0, subtasks).Select(_ => new List<AssignedSplit>())];
        foreach (AssignedSplit split in splits)
        {
            if (!_known.Add(split.Split.Id))
            {
                continue;
            }

            int least = 0;
            for (int i = 1; i < subtasks; i++)
            {
                least = _load[i] < _load[least] ? i : least;
            }

            shares[least].Add(split);
            _load[least] += split.HasEnded ? 0 : 1;
        }

        return shares;
    }
}
