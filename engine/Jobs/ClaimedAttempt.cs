using System.Text.Json;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Sources;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Jobs;

/// <summary>An attempt that is in the log, with all that is needed to deploy it.</summary>
/// <param name="Started">The attempt's entry.</param>
/// <param name="Log">The log after it.</param>
/// <param name="Checkpoint">The checkpoint that it starts from; null if it starts from something else.</param>
/// <param name="RestoredCheckpoint">The id of the checkpoint or savepoint that it starts from; 0 for none.</param>
/// <param name="Plan">The graph.</param>
/// <param name="Splits">What the sources have in the snapshot, by vertex, and whether discovery had ended.</param>
internal sealed record ClaimedAttempt(
    AttemptStarted Started, JobLogState Log, CompletedCheckpoint? Checkpoint, long RestoredCheckpoint, JobPlan Plan,
    IReadOnlyDictionary<int, (List<AssignedSplit> Splits, bool NoMore)> Splits)
{
    /// <summary>Appends the next attempt to the log, before anything is deployed, and finds what it starts from. Blocks.</summary>
    /// <exception cref="JobHasEndedException">The setup takes over a job that has ended meanwhile.</exception>
    public static ClaimedAttempt Claim(IEngineHost host, JobSetup setup, JobLogWriter writer)
    {
        bool first = writer.Attempt == 0;
        AttemptStarted started = writer.StartAttempt(state => first ? FirstStart(setup, state) : state.RestorePoint, setup.Owner, host.NewIncarnation(), setup.Submission);
        CompletedCheckpoint? checkpoint = started.From.Kind == StartPointKind.Checkpoint ? writer.State.Find(started.From.CheckpointId) : null;
        RestoredJob? restored = RestoredJob.Read(setup, started.From, checkpoint);
        JobPlan plan = JobPlan.Build(setup.Create(), setup.Options, setup.DefaultParallelism, restored?.MaxParallelism);
        restored?.RequireCovered(plan, setup.Options.AllowDroppedState);
        var splits = plan.Vertices.Where(v => v.IsSource).ToDictionary(v => v.Id, v => RestoredSplits(restored, plan, v));
        CleanUp(host, setup, writer.State);
        return new ClaimedAttempt(started, writer.State, checkpoint, restored?.CheckpointId ?? 0, plan, splits);
    }

    /// <summary>What to warn of when the job starts: stateful operators without a uid of their own, if their state outlives the process, and operators whose state may grow without a bound,
    /// those that wait for watermarks which do not come, and options without effect.</summary>
    /// <param name="setup">The job.</param>
    /// <param name="restart">The restart strategy that is in force.</param>
    public IEnumerable<string> Warnings(JobSetup setup, RestartKind restart)
    {
        string[] unused = [.. setup.Options.Restart.Unused(restart)];
        if (unused.Length > 0)
        {
            yield return $"{string.Join(", ", unused)} without effect: restart is {JsonNamingPolicy.KebabCaseLower.ConvertName(restart.ToString())}. Set restart to the strategy that is meant, or leave out what it does not use.";
        }

        StreamNode[] without = [.. Plan.Nodes.Where(n => n.IsStateful && n.Uid is null)];
        if (without.Length > 0 && setup.Options.Checkpointing.Directory is not null)
        {
            yield return $"{without.Length} stateful operators have no uid of their own, so a change of the job may separate them from their state. Give them WithUid: {string.Join(", ", without.Select(n => n.ToString()))}";
        }

        foreach (StreamNode node in Plan.Nodes)
        {
            if (node.Warning is { } warning)
            {
                yield return $"{node}: {warning}";
            }

            if (node.WaitsForWatermarks && SourceWithoutWatermarks(node) is { } source)
            {
                yield return $"{node} fires when the watermark passes, but its source {source} makes no watermarks and has no end. Give the source a WatermarkStrategy, or call AssignTimestamps before {node}.";
            }
        }
    }

    private static StreamNode? SourceWithoutWatermarks(StreamNode node)
    {
        HashSet<StreamNode> seen = [];
        Stack<StreamNode> left = new([node]);
        while (left.TryPop(out StreamNode? next))
        {
            if (next is ISourceNode { IsBounded: false, MakesWatermarks: false })
            {
                return next;
            }

            foreach (StreamEdge input in next.Inputs)
            {
                // What gives timestamps anew makes watermarks of its own.
                if (input.From is not ITimestampsNode { MakesWatermarks: true } && seen.Add(input.From))
                {
                    left.Push(input.From);
                }
            }
        }

        return null;
    }

    private static StartPoint FirstStart(JobSetup setup, JobLogState state) =>
        setup.TakesOver && IsOfSubmission(setup, state) ? state.End is { } end ? throw new JobHasEndedException(end, state.Failure) : state.RestorePoint
        : !setup.MayBegin ? throw new SupersededException(
            $"Job '{setup.Name}' of submission '{setup.Submission}' is not in the log: the log is of submission '{state.Submission}', attempt {state.Attempt}. It was submitted again meanwhile; this node follows.")
        : setup.Options.FromSavepoint is { } path ? StartPoint.Savepoint(path)
        : setup.Options.Resume ? state.RestorePoint
        : StartPoint.Nothing;

    // The log may also be of an earlier job of the same name.
    private static bool IsOfSubmission(JobSetup setup, JobLogState state) => state.Attempt > 0 && state.Submission == setup.Submission;

    private static (List<AssignedSplit> Splits, bool NoMore) RestoredSplits(RestoredJob? restored, JobPlan plan, PlanVertex vertex)
    {
        bool noMore = false;
        return (restored?.ReadSplits(plan.UidOf(vertex.Nodes[0]), out noMore) ?? [], noMore);
    }

    private static void CleanUp(IEngineHost host, JobSetup setup, JobLogState log)
    {
        try
        {
            JobLogCleanup.CompactLog(setup.Store, setup.Name);
            JobLogCleanup.DeleteOrphans(setup.Store, setup.Name, log);
        }
        catch (CheckpointStorageException e)
        {
            host.Log(EngineLogLevel.Warning, $"job '{setup.Name}': old files could not be deleted; the next attempt tries again: {e.Message}", e);
        }
    }
}

/// <summary>A master that was to take over found in the log that the job has ended. Never leaves the master.</summary>
internal sealed class JobHasEndedException(JobEndState end, string? failure) : Exception($"The job has ended: {end}.")
{
    public JobEndState End { get; } = end;

    public string? Failure { get; } = failure;
}
