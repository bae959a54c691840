using OrleansStream.Engine.Planning;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Nodes;

/// <summary>What a task host needs to know of a plan to wire subtasks up. It builds the operators themselves from a call of Define of its own, which must come out with the same hash.</summary>
/// <param name="PlanHash">The hash of the master's plan.</param>
/// <param name="Vertices">The chains; the place in the list is the vertex number.</param>
/// <param name="Edges">The edges; the place in the list is the edge number.</param>
public sealed record JobTopology(string PlanHash, IReadOnlyList<TopologyVertex> Vertices, IReadOnlyList<TopologyEdge> Edges)
{
    internal static JobTopology Of(JobPlan plan) => new(
        plan.Hash,
        [.. plan.Vertices.Select(v => new TopologyVertex(v.Name, v.Parallelism, v.IsSource))],
        [.. plan.Edges.Select(e => new TopologyEdge(e.From.Id, e.To.Id, Shape(e.Kind)))])
    {
        Uids = [.. plan.Vertices.Select(v => (IReadOnlyList<string>)[.. v.Nodes.Select(plan.UidOf)])],
        MaxParallelism = plan.MaxParallelism,
    };

    /// <summary>The uids of the operators of each chain.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Uids { get; init; } = [];

    /// <summary>The number of key groups.</summary>
    public int MaxParallelism { get; init; }

    /// <summary>The chain of an operator; −1 if there is none of that uid.</summary>
    internal int VertexOf(string uid)
    {
        for (int i = 0; i < Uids.Count; i++)
        {
            if (Uids[i].Contains(uid))
            {
                return i;
            }
        }

        return -1;
    }

    internal IEnumerable<int> TargetsOf(TopologyEdge edge, int from) => edge.Shape.TargetsOf(from, Vertices[edge.From].Parallelism, Vertices[edge.To].Parallelism);

    internal static EdgeShape Shape(PartitioningKind kind) => kind switch
    {
        PartitioningKind.Forward => EdgeShape.OneToOne,
        PartitioningKind.Rescale => EdgeShape.Neighbours,
        _ => EdgeShape.AllToAll,
    };
}

/// <summary>A chain in a topology.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Parallelism">Its number of subtasks.</param>
/// <param name="IsSource">Whether it begins with a source.</param>
public sealed record TopologyVertex(string Name, int Parallelism, bool IsSource);

/// <summary>An edge in a topology.</summary>
/// <param name="From">The sending chain.</param>
/// <param name="To">The receiving chain.</param>
/// <param name="Shape">Which subtasks it joins.</param>
public sealed record TopologyEdge(int From, int To, EdgeShape Shape);
