namespace OrleansStream.Connectors.Files;

/// <summary>Finds the files, and cuts large ones into ranges.</summary>
internal sealed class FileSplitEnumerator(SourceContext context, FilePattern pattern, TimeSpan? watch, long? splitBytes, bool notesSiblings) : ISplitEnumerator
{
    public TimeSpan? DiscoveryInterval => watch;

    public IReadOnlyList<SourceSplit> Discover()
    {
        List<(string Id, FilePosition Position)> splits = [];
        foreach (string name in pattern.Find(context.OperatorName, mayBeMissing: watch is not null))
        {
            AddRanges(splits, name);
        }

        return [.. splits.Select(s => new SourceSplit(
            s.Id, s.Position.IsRange || notesSiblings ? (s.Position with { Siblings = notesSiblings ? splits.Count : 0 }).Write() : default))];
    }

    public void Dispose()
    {
    }

    /// <summary>The name of the file of a split.</summary>
    public static string NameOf(string id, in FilePosition position) =>
        position.IsRange && id.LastIndexOf('[') is var bracket and > 0 ? id[..bracket] : id;

    // A watched file grows, and its ranges would not stay what they are.
    private void AddRanges(List<(string Id, FilePosition Position)> splits, string name)
    {
        FileInfo file = new(pattern.PathOf(name));
        long length = watch is null && splitBytes is not null && file.Exists ? file.Length : 0;
        if (splitBytes is not { } size || length <= size)
        {
            splits.Add((name, new FilePosition { IsFresh = true }));
            return;
        }

        for (long start = 0; start < length; start += size)
        {
            bool isLast = length - start <= size;
            long end = isLast ? long.MaxValue : start + size;
            splits.Add((
                $"{name}[{start}..{(isLast ? "" : end)}]",
                new FilePosition { IsFresh = true, Offset = 0, Start = start, End = end }));
        }
    }
}
