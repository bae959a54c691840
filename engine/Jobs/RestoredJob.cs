using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Sources;
using OrleansStream.Engine.State;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Jobs;

/// <summary>The snapshot that an attempt starts from. Reads block: for the background.</summary>
internal sealed class RestoredJob
{
    private readonly ICheckpointStore _store;
    private readonly CheckpointMetadata _metadata;
    private readonly Dictionary<string, RestoredOperator> _operators = new(StringComparer.Ordinal);

    public RestoredJob(ICheckpointStore store, CheckpointMetadata metadata)
    {
        _store = store;
        _metadata = metadata;
        foreach (OperatorMetadata op in metadata.Operators)
        {
            SubtaskSnapshot[] subtasks = [.. metadata.Subtasks.Where(s => s.Sections.Any(section => section.Operator == op.Uid))];
            _operators.Add(op.Uid, new RestoredOperator(_store, op, subtasks));
        }
    }

    /// <summary>Reads the metadata of what an attempt starts from; null for nothing.</summary>
    /// <param name="setup">The job.</param>
    /// <param name="from">What it starts from.</param>
    /// <param name="checkpoint">The entry of that checkpoint, if it is one and retained.</param>
    public static RestoredJob? Read(JobSetup setup, StartPoint from, CompletedCheckpoint? checkpoint)
    {
        switch (from.Kind)
        {
            case StartPointKind.Checkpoint:
                CompletedCheckpoint completed = checkpoint
                    ?? throw new StateRestoreException($"Checkpoint {from.CheckpointId} of job '{setup.Name}' is not retained. Start from another one or from a savepoint.");
                return new RestoredJob(setup.Store, CheckpointMetadataFile.Read(setup.Store, completed.MetadataPath, completed.Digest));
            case StartPointKind.Savepoint:
                (ICheckpointStore store, string metadataPath) = setup.OpenSavepoint(from.Path!);
                return new RestoredJob(store, CheckpointMetadataFile.Read(store, metadataPath, null));
            default:
                return null;
        }
    }

    public long CheckpointId => _metadata.CheckpointId;

    public int? MaxParallelism => _metadata.Operators.Count == 0 ? null : _metadata.Operators[0].MaxParallelism;

    public RestoredOperator? Find(string uid) => _operators.GetValueOrDefault(uid);

    /// <summary>Refuses a plan that would drop state, and says which operator it may have become.</summary>
    public void RequireCovered(JobPlan plan, bool allowDroppedState)
    {
        RequireEdges(plan, allowDroppedState);
        HashSet<string> now = [.. plan.Nodes.Select(plan.UidOf)];
        OperatorMetadata[] dropped = [.. _metadata.Operators.Where(o => !now.Contains(o.Uid) && _metadata.Subtasks.Any(s => s.Sections.Any(x => x.Operator == o.Uid)))];
        if (dropped.Length == 0 || allowDroppedState)
        {
            return;
        }

        HashSet<string> before = [.. _metadata.Operators.Select(o => o.Uid)];
        IEnumerable<string> lines = dropped.Select(o =>
        {
            StreamNode? nearest = plan.Nodes
                .Where(n => n.IsStateful && !before.Contains(plan.UidOf(n)))
                .OrderByDescending(n => Likeness(o, n, plan))
                .FirstOrDefault();
            string hint = nearest is null
                ? "the job has no new stateful operator that it could have become"
                : $"nearest is '{nearest.Name}' with uid '{plan.UidOf(nearest)}': give that .WithUid(\"{o.Uid}\") if it is the same";
            return $"  '{o.Name}' (uid '{o.Uid}'): {hint}";
        });
        throw new StateRestoreException(
            $"Checkpoint {_metadata.CheckpointId} has state of {dropped.Length} operator{(dropped.Length == 1 ? "" : "s")} that the job has not:\n{string.Join('\n', lines)}\nTo start without that state give --allow-dropped-state.");
    }

    // Records that were under way can only go where they were going.
    private void RequireEdges(JobPlan plan, bool allowDroppedState)
    {
        HashSet<(string Uid, string Edge)> now = [.. plan.Nodes.SelectMany(n => n.Inputs.Select(e => (plan.UidOf(n), EdgeNames.Of(plan, n, e))))];
        string[] lost = [.. _metadata.Operators
            .SelectMany(o => o.States.Where(s => s.Kind == StateSectionKind.InFlight && !now.Contains((o.Uid, s.Name))).Select(s => $"  '{o.Name}' (uid '{o.Uid}'), {s.Name}"))];
        if (lost.Length > 0 && !allowDroppedState)
        {
            throw new StateRestoreException(
                $"Checkpoint {_metadata.CheckpointId} is unaligned and has records that were under way to operators that the job has not, or not behind the same operator:\n{string.Join('\n', lost)}\n"
                + "A changed job starts from a savepoint, which has none. To start without those records give --allow-dropped-state.");
        }
    }

    /// <summary>The splits of a source, and whether discovery had ended.</summary>
    public List<AssignedSplit> ReadSplits(string uid, out bool noMoreSplits)
    {
        List<AssignedSplit> splits = [];
        bool any = false;
        noMoreSplits = true;
        foreach ((_, byte[] bytes) in Find(uid)?.ReadAll(StateSectionKind.SourceSplits, StoredSplits.Name) ?? [])
        {
            any = true;
            splits.AddRange(StoredSplits.Read(bytes, out bool noMore));
            noMoreSplits &= noMore;
        }

        noMoreSplits &= any;
        return splits;
    }

    private static int Likeness(OperatorMetadata op, StreamNode node, JobPlan plan) =>
        (op.Name == node.Name ? 4 : 0) + (op.Uid.StartsWith(node.Kind + "-", StringComparison.Ordinal) ? 2 : 0) + (op.Parallelism == plan.VertexOf(node).Parallelism ? 1 : 0);
}
