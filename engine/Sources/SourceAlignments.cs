using System.Collections.Concurrent;

namespace OrleansStream.Engine.Sources;

/// <summary>The alignment groups of one attempt on one node. Any thread.</summary>
internal sealed class SourceAlignments
{
    private readonly ConcurrentDictionary<string, SourceAlignment> _groups = new(StringComparer.Ordinal);

    /// <summary>The group of a name; made when it is asked for first.</summary>
    public SourceAlignment Group(string name) => _groups.GetOrAdd(name, static n => new SourceAlignment(n));
}
