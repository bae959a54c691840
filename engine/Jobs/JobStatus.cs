using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Planning;

namespace OrleansStream.Engine.Jobs;

/// <summary>A job as it stands at one moment, for people and tools.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Attempt">The current attempt; 0 before the first was claimed.</param>
/// <param name="Operators">Its operators in order, all subtasks of each added up; empty before the graph is deployed.</param>
/// <param name="LastCheckpoint">The last checkpoint that completed in this process; null for none.</param>
/// <param name="LastCheckpointAtMs">When it completed, by the host's clock.</param>
/// <param name="LongestStallNs">The most processor time that a barrier cost a subtask, up to its next record.</param>
/// <param name="LongestStallWallNs">The same by the wall clock.</param>
/// <param name="Error">Why the last attempt failed; null if none did.</param>
public sealed record JobStatus(
    string Name, JobState State, int Attempt, IReadOnlyList<OperatorStatus> Operators, long? LastCheckpoint, long? LastCheckpointAtMs, long LongestStallNs,
    long LongestStallWallNs, Exception? Error)
{
    internal static JobStatus Of(JobSetup setup, JobStatusPart part, JobPlan? plan, IReadOnlyList<SubtaskMetrics> subtasks)
    {
        List<OperatorStatus> operators = [];
        foreach (PlanVertex vertex in plan?.Vertices ?? [])
        {
            SubtaskMetrics[] own = [.. subtasks.Where(s => s.Subtask.Vertex == vertex.Id)];
            for (int i = 0; i < vertex.Nodes.Count; i++)
            {
                int at = i;
                OperatorCounts[] counts = [.. own.Where(s => s.Operators.Count > at).Select(s => s.Operators[at])];
                operators.Add(OperatorStatus.Of(vertex.Nodes[i].Name, plan!.UidOf(vertex.Nodes[i]), vertex, counts, own));
            }
        }

        return new JobStatus(
            setup.Name, part.State, part.Attempt, operators, part.LastCheckpoint, part.LastCheckpointAtMs, part.LongestStallNs, part.LongestStallWallNs, part.Error);
    }
}

/// <summary>An operator as it stands at one moment, its subtasks added up.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Chain">The number of the chain that it runs in.</param>
/// <param name="Parallelism">How many subtasks it has.</param>
/// <param name="RecordsIn">Records taken.</param>
/// <param name="RecordsOut">Records emitted, side outputs left out.</param>
/// <param name="LateDropped">Late records dropped.</param>
/// <param name="BadRecords">Input that could not be read and was left out.</param>
/// <param name="Watermark">The smallest watermark of its subtasks; <c>long.MinValue</c> for none yet.</param>
/// <param name="QueuedElements">Elements that wait in front of its chain.</param>
/// <param name="BusyNs">Time that its chain's subtasks worked.</param>
/// <param name="BlockedNs">Time that they could not go on because their output was full.</param>
/// <param name="IdleNs">Time that they had nothing to do.</param>
public sealed record OperatorStatus(
    string Name, string Uid, int Chain, int Parallelism, long RecordsIn, long RecordsOut, long LateDropped, long BadRecords, long Watermark, int QueuedElements,
    long BusyNs, long BlockedNs, long IdleNs)
{
    /// <summary>Records that its readers know to exist and have not read, such as the lag of a Kafka consumer; null if they do not know.</summary>
    public long? Lag { get; init; }

    /// <summary>Keys that a large share of its recent records has, the largest first: skew. See <c>CombineLocally</c>.</summary>
    public IReadOnlyList<HotKey> HotKeys { get; init; } = [];

    internal static OperatorStatus Of(string name, string uid, PlanVertex vertex, IReadOnlyList<OperatorCounts> metrics, IReadOnlyList<SubtaskMetrics> subtasks) => new(
        name, uid, vertex.Id, vertex.Parallelism,
        metrics.Sum(m => m.RecordsIn), metrics.Sum(m => m.RecordsOut), metrics.Sum(m => m.LateDropped), metrics.Sum(m => m.BadRecords),
        metrics.Count == 0 ? long.MinValue : metrics.Min(m => m.Watermark),
        subtasks.Sum(t => t.QueuedElements), subtasks.Sum(t => t.BusyNs), subtasks.Sum(t => t.BlockedNs), subtasks.Sum(t => t.IdleNs))
    {
        Lag = metrics.Any(m => m.Lag is not null) ? metrics.Sum(m => m.Lag ?? 0) : null,
        HotKeys = HottestOf(metrics),
    };

    // Of a subtask's records; so of all records it is as much less as the subtask has fewer of them.
    private static HotKey[] HottestOf(IReadOnlyList<OperatorCounts> metrics)
    {
        double all = Math.Max(1, metrics.Sum(m => m.RecordsIn));
        return
        [
            .. metrics.SelectMany(m => m.HotKeys.Select(k => k with { Share = k.Share * m.RecordsIn / all })).GroupBy(k => k.Key, StringComparer.Ordinal)
                .Select(g => new HotKey(g.Key, Math.Round(Math.Min(1, g.Sum(k => k.Share)), 4))).OrderByDescending(k => k.Share).ThenBy(k => k.Key, StringComparer.Ordinal).Take(5),
        ];
    }
}

internal sealed record JobStatusPart(JobState State, int Attempt, long? LastCheckpoint, Exception? Error, long LongestStallNs)
{
    public long? LastCheckpointAtMs { get; init; }

    public long LongestStallWallNs { get; init; }

    public JobStatusPart WithStall(long ns, long wallNs) => this with { LongestStallNs = Math.Max(LongestStallNs, ns), LongestStallWallNs = Math.Max(LongestStallWallNs, wallNs) };
}
