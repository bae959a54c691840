using System.Text;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Simulation;

/// <summary>
/// The world that two-phase sinks write to, and its checker: what is staged, what is committed, and what must not happen. No process owns it; it survives all of them.
/// </summary>
internal sealed class World
{
    private readonly ICheckpointStore _store;
    private readonly string _job;
    private readonly Dictionary<string, Staged> _staged = [];
    private readonly HashSet<string> _committed = [];
    private readonly List<Action> _wakes = [];
    private readonly Dictionary<string, int> _open = [];
    private long _lastCommittedRows;
    private long _knownThrough;
    private int _writers;

    public World(IEnumerable<string> expected, ICheckpointStore store, string job)
    {
        _store = store;
        _job = job;
        foreach (string row in expected)
        {
            _open[row] = _open.GetValueOrDefault(row) + 1;
        }
    }

    public List<string> Violations { get; } = [];

    /// <summary>Whether sinks take records.</summary>
    public bool Accepts { get; private set; } = true;

    public int NextWriter(Action wake)
    {
        _wakes.Add(wake);
        return ++_writers;
    }

    /// <summary>The world outside stands still, or goes on.</summary>
    public void Accept(bool accepts)
    {
        Accepts = accepts;
        foreach (Action wake in _wakes)
        {
            wake();
        }
    }

    public long CommittedRows { get; private set; }

    /// <summary>The rows that are still to be committed.</summary>
    public IEnumerable<string> Missing => _open.Where(r => r.Value > 0).Select(r => $"{r.Key} ({r.Value})");

    public void Stage(string key, int attempt, long epoch, List<string> rows) => _staged.Add(key, new Staged(attempt, epoch, rows));

    public void AbortUnprepared(int attempt, long restored)
    {
        foreach (string key in _staged.Where(s => s.Value.Attempt < attempt && s.Value.Epoch > restored).Select(s => s.Key).ToArray())
        {
            _staged.Remove(key);
        }
    }

    public void Commit(long checkpointId, byte[] committable)
    {
        string key = Encoding.UTF8.GetString(committable);
        if (_knownThrough < checkpointId)
        {
            _knownThrough = JobLogFiles.ReadAll(_store, _job).LastCommitting;
        }

        if (_knownThrough < checkpointId)
        {
            Violations.Add($"{key} is committed for checkpoint {checkpointId}, whose completion is not in the log");
        }

        if (!_committed.Add(key))
        {
            return;
        }

        if (!_staged.Remove(key, out Staged? staged))
        {
            Violations.Add($"{key} is committed for checkpoint {checkpointId}, and was aborted or never prepared");
            return;
        }

        foreach (string row in staged.Rows)
        {
            int left = _open.GetValueOrDefault(row);
            if (left == 0)
            {
                Violations.Add($"the row '{row}' is committed with checkpoint {checkpointId} by {key}, and is wrong or there already");
            }

            _open[row] = left - 1;
        }

        CommittedRows += staged.Rows.Count;
    }

    /// <summary>What holds between any two steps.</summary>
    public void CheckBetweenSteps()
    {
        if (CommittedRows < _lastCommittedRows)
        {
            Violations.Add($"{_lastCommittedRows} rows were committed, now there are {CommittedRows}");
        }

        _lastCommittedRows = CommittedRows;
    }

    /// <summary>What the job would restart from now is whole: all files, all checksums.</summary>
    public void CheckRestorePoint()
    {
        JobLogState log = JobLogFiles.ReadAll(_store, _job);
        if (log.RestorePoint.Kind != StartPointKind.Checkpoint)
        {
            return;
        }

        try
        {
            CompletedCheckpoint completed = log.Find(log.RestorePoint.CheckpointId)
                ?? throw new CheckpointStorageException($"Checkpoint {log.RestorePoint.CheckpointId} is the restore point and is not retained.");
            CheckpointMetadata metadata = CheckpointMetadataFile.Read(_store, completed.MetadataPath, completed.Digest);
            foreach (SubtaskSnapshot subtask in metadata.Subtasks)
            {
                SubtaskSnapshotReader reader = new(_store, subtask);
                foreach (StateSection section in subtask.Sections)
                {
                    reader.Read(section);
                }
            }
        }
        catch (StreamException e)
        {
            Violations.Add($"the restore point cannot be restored: {e.Message}");
        }
    }

    private sealed record Staged(int Attempt, long Epoch, List<string> Rows);
}

/// <summary>A two-phase sink that writes to a <see cref="World"/>.</summary>
internal sealed class WorldSink(World world) : ITwoPhaseSink<string>
{
    public string Description => "world";

    public ISinkWriter<string> CreateWriter(SinkContext context) => new Writer(world, context);

    public ISinkCommitter CreateCommitter(SinkContext context) => new Committer(world, context);

    private sealed class Writer(World world, SinkContext context) : ISinkWriter<string>
    {
        // Two writers of one subtask and attempt exist when a deployment is repeated to a new process; their names differ.
        private readonly int _number = world.NextWriter(context.Wake);
        private List<string> _rows = [];
        private int _epochs;

        public int Write(ReadOnlySpan<string> values, ReadOnlySpan<long> timestamps)
        {
            int n = world.Accepts ? Math.Min(values.Length, 5) : 0;
            _rows.AddRange(values[..n]);
            return n;
        }

        public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
        {
            List<string> rows = _rows;
            _rows = [];
            string key = $"{context.OperatorUid}/{context.Subtask}/{context.Attempt}/{_number}/{++_epochs}";
            return () =>
            {
                if (rows.Count == 0)
                {
                    return [];
                }

                world.Stage(key, context.Attempt, checkpointId, rows);
                return [Encoding.UTF8.GetBytes(key)];
            };
        }

        public void Dispose()
        {
        }
    }

    private sealed class Committer(World world, SinkContext context) : ISinkCommitter
    {
        public void AbortUnprepared() => world.AbortUnprepared(context.Attempt, context.RestoredCheckpoint);

        public void Commit(long checkpointId, IReadOnlyList<byte[]> committables)
        {
            foreach (byte[] committable in committables)
            {
                world.Commit(checkpointId, committable);
            }
        }

        public void Dispose()
        {
        }
    }
}
