using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Planning;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Jobs;

/// <summary>Which node runs which subtask of an attempt: the master's decision. Immutable.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Nodes">The node of every subtask.</param>
/// <param name="Operators">The operators by uid: what each is, and the chain that it is in.</param>
/// <param name="MaxParallelism">The number of key groups.</param>
public sealed record JobPlaces(int Attempt, IReadOnlyDictionary<SubtaskId, string> Nodes, IReadOnlyDictionary<string, PlacedOperator> Operators, int MaxParallelism)
{
    /// <summary>Finds a subtask of an operator.</summary>
    /// <param name="uid">The operator's uid.</param>
    /// <param name="subtask">The subtask, from 0.</param>
    /// <returns>The subtask and its node; null if the job has no such operator or subtask.</returns>
    public (SubtaskId Subtask, string Node)? Find(string uid, int subtask) =>
        Operators.TryGetValue(uid, out PlacedOperator? op) && Nodes.TryGetValue(new SubtaskId(op.Vertex, subtask), out string? node)
            ? (new SubtaskId(op.Vertex, subtask), node)
            : null;

    /// <summary>Finds the node that has a key.</summary>
    /// <param name="uid">The operator's uid.</param>
    /// <param name="keyHash">The key's hash.</param>
    /// <returns>The node; null if the job has no such operator.</returns>
    public string? NodeOf(string uid, ulong keyHash)
    {
        if (!Operators.TryGetValue(uid, out PlacedOperator? op))
        {
            return null;
        }

        int group = KeyGroups.GroupOf(keyHash, MaxParallelism);
        return Nodes[new SubtaskId(op.Vertex, KeyGroups.SubtaskOf(group, MaxParallelism, op.Parallelism))];
    }

    internal static JobPlaces Of(int attempt, JobPlan plan, IReadOnlyDictionary<SubtaskId, string> nodes)
    {
        Dictionary<string, PlacedOperator> operators = new(StringComparer.Ordinal);
        foreach (PlanVertex vertex in plan.Vertices)
        {
            for (int i = 0; i < vertex.Nodes.Count; i++)
            {
                operators.Add(plan.UidOf(vertex.Nodes[i]), new PlacedOperator(vertex.Nodes[i].Name, vertex.Nodes[i].Kind, vertex.Id, i, vertex.Parallelism));
            }
        }

        return new JobPlaces(attempt, nodes, operators, plan.MaxParallelism);
    }
}

/// <summary>An operator and the chain that it is in.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is: <c>source</c>, <c>sink</c>, <c>map</c> and so on.</param>
/// <param name="Vertex">The number of its chain.</param>
/// <param name="Index">Its place in the chain, from 0.</param>
/// <param name="Parallelism">How many subtasks it has.</param>
public sealed record PlacedOperator(string Name, string Kind, int Vertex, int Index, int Parallelism);
