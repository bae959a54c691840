using OrleansStream.Graph;

namespace OrleansStream.Engine.Planning;

/// <summary>Names an input of an operator in a snapshot by the operator that sends, so that records that were under way are found again.</summary>
internal static class EdgeNames
{
    /// <summary>The name of an edge; with the receiver's uid it is unique in the graph.</summary>
    public static string Of(JobPlan plan, StreamNode to, StreamEdge edge)
    {
        string name = Plain(plan, edge);
        // A stream may be united with itself.
        int same = to.Inputs.TakeWhile(e => !ReferenceEquals(e, edge)).Count(e => Plain(plan, e) == name);
        return same == 0 ? name : $"{name} #{same + 1}";
    }

    private static string Plain(JobPlan plan, StreamEdge edge) => $"input {edge.Input} from {plan.UidOf(edge.From)}{(edge.Tag is { } tag ? $" ({tag.Name})" : "")}";
}
