using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Planning;

namespace OrleansStream.Engine.Jobs;

/// <summary>
/// Decides which node runs which subtask. Pure. Subtasks of one number go to one slot, so that forward edges and, at equal parallelism, the key groups of several operators stay on a node; slots take turns
/// over the nodes.
/// </summary>
internal static class SlotTable
{
    public static Dictionary<SubtaskId, string> Place(JobPlan plan, IReadOnlyList<NodeSlots> nodes)
    {
        List<string> slots = [];
        for (int round = 0; round < nodes.Max(n => n.Slots); round++)
        {
            slots.AddRange(nodes.Where(n => n.Slots > round).Select(n => n.Node));
        }

        Dictionary<SubtaskId, string> places = [];
        foreach (PlanVertex vertex in plan.Vertices)
        {
            for (int subtask = 0; subtask < vertex.Parallelism; subtask++)
            {
                places.Add(new SubtaskId(vertex.Id, subtask), slots[subtask % slots.Count]);
            }
        }

        return places;
    }
}
