using OrleansStream.Graph;

namespace OrleansStream.Engine.Planning;

/// <summary>A chain of operators that run in one tasklet, with their number of subtasks.</summary>
internal sealed class PlanVertex(int id, int parallelism)
{
    public int Id { get; } = id;

    public int Parallelism { get; } = parallelism;

    /// <summary>The nodes, each behind the one that it reads.</summary>
    public List<StreamNode> Nodes { get; } = [];

    public bool IsSource => Nodes[0].Inputs.Count == 0;

    public string Name => string.Join(" → ", Nodes.Select(n => n.Name));
}

/// <summary>Records that go from one chain to another.</summary>
internal sealed record PlanEdge(int Id, StreamEdge Edge, PlanVertex From, PlanVertex To, StreamNode ToNode, PartitioningKind Kind)
{
    /// <summary>The receiving subtasks of a sending one.</summary>
    public IEnumerable<int> TargetsOf(int from) => Nodes.JobTopology.Shape(Kind).TargetsOf(from, From.Parallelism, To.Parallelism);

    /// <summary>The sending subtasks of a receiving one.</summary>
    public IEnumerable<int> SourcesOf(int to) => Enumerable.Range(0, From.Parallelism).Where(from => TargetsOf(from).Contains(to));
}
