using System.Globalization;
using OrleansStream.Serialization;

namespace OrleansStream.Connectors;

/// <summary>Splits of a numbered sequence: split i of n has the numbers i, i + n, i + 2n …; its id says both, so that it reads the same after a change of parallelism.</summary>
internal sealed class IndexedSplits(string kind, Func<int> count) : ISplitEnumerator
{
    public TimeSpan? DiscoveryInterval => null;

    public IReadOnlyList<SourceSplit> Discover()
    {
        int splits = count();
        return [.. Enumerable.Range(0, splits).Select(i => new SourceSplit($"{kind} {i} of {splits}"))];
    }

    public void Dispose()
    {
    }

    /// <summary>Reads a split's id and position.</summary>
    /// <returns>The first number, the distance between numbers, and how many were emitted.</returns>
    public static (long First, long Step, long Emitted) Parse(SourceSplit split)
    {
        string[] words = split.Id.Split(' ');
        if (words.Length < 3
            || !long.TryParse(words[^3], NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            || !long.TryParse(words[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long step) || first >= step)
        {
            throw new StateRestoreException($"'{split.Id}' is no split of this source: the checkpoint is of another kind of source with the same uid. Give the new source another uid.");
        }

        return (first, step, split.Position.IsEmpty ? 0 : (long)new DataReader(split.Position).ReadVarUInt64());
    }

    /// <summary>The position of a split.</summary>
    public static byte[] Position(long emitted)
    {
        DataWriter writer = new(10);
        writer.WriteVarUInt64((ulong)emitted);
        return writer.ToArray();
    }

    /// <summary>How many numbers below a limit a split has.</summary>
    public static long CountBelow(long limit, long first, long step) => limit <= first ? 0 : ((limit - first - 1) / step) + 1;
}
