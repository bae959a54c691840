using OrleansStream.Engine.Nodes;

namespace OrleansStream.Engine.Jobs;

/// <summary>Tells the nodes of an attempt how far the sources of their alignment groups have come on the others, from the metrics that come with heartbeats. On the master's thread.</summary>
internal sealed class AlignmentRelay(string job, int attempt)
{
    private readonly Dictionary<(string Node, string Group), long> _said = [];

    /// <summary>What is to be said since the last call.</summary>
    /// <param name="nodes">The nodes that are alive, with their newest metrics.</param>
    public List<(string Node, AlignSources Message)> News(IReadOnlyList<(string Node, IReadOnlyList<SubtaskMetrics> Metrics)> nodes)
    {
        List<(string Node, AlignSources Message)> news = [];
        foreach (string group in nodes.SelectMany(n => Sources(n.Metrics)).Select(s => s.AlignmentGroup!).Distinct().Order(StringComparer.Ordinal))
        {
            foreach ((string node, _) in nodes)
            {
                long others = nodes.Where(n => n.Node != node).SelectMany(n => Sources(n.Metrics)).Where(s => s.AlignmentGroup == group).Select(s => s.AlignedMs).DefaultIfEmpty(long.MaxValue).Min();
                if (_said.GetValueOrDefault((node, group), long.MaxValue) != others)
                {
                    _said[(node, group)] = others;
                    news.Add((node, new AlignSources(job, attempt, group, others)));
                }
            }
        }

        return news;
    }

    private static IEnumerable<OperatorCounts> Sources(IReadOnlyList<SubtaskMetrics> metrics) => metrics.SelectMany(s => s.Operators).Where(o => o.AlignmentGroup is not null);
}
