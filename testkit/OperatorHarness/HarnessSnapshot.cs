using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.State;

namespace OrleansStream.TestKit;

/// <summary>
/// A snapshot of all subtasks of a harness, taken with <c>Snapshot()</c>. As in a job, the operator goes on at once and the state is written later: when it is first restored, so that a test
/// finds what changes a snapshot after its barrier.
/// </summary>
public sealed class HarnessSnapshot
{
    private readonly InMemoryCheckpointStore _store;
    private readonly long _id;
    private readonly OperatorMetadata _operator;
    private (HarnessSubtask Subtask, SnapshotCollector Collector)[] _open;
    private SubtaskSnapshot[] _written = [];

    internal HarnessSnapshot(
        InMemoryCheckpointStore store, long id, OperatorMetadata metadata, (HarnessSubtask Subtask, SnapshotCollector Collector)[] open)
    {
        _store = store;
        _id = id;
        _operator = metadata;
        _open = open;
    }

    internal int Parallelism => _operator.Parallelism;

    /// <summary>The size of all that was stored.</summary>
    internal long StoredBytes
    {
        get
        {
            Write();
            return _written.Sum(subtask => subtask.Sections.Sum(section => section.Length));
        }
    }

    internal RestoredOperator Read()
    {
        Write();
        return new RestoredOperator(_store, _operator, _written);
    }

    /// <summary>Writes what was frozen at the barrier, if that has not been done, and gives the views back.</summary>
    internal void Write()
    {
        if (_open.Length == 0)
        {
            return;
        }

        List<SubtaskSnapshot> written = [];
        foreach ((HarnessSubtask subtask, SnapshotCollector collector) in _open)
        {
            SubtaskId id = new(0, subtask.Index);
            using SubtaskSnapshotWriter writer = new(_store, CheckpointLayout.SubtaskFile($"harness/chk-{_id}", id), id, 64 * 1024);
            collector.Write(writer);
            written.Add(writer.Complete());
            collector.Release();
        }

        _written = [.. written];
        _open = [];
    }
}
