using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Simulation;

/// <summary>
/// The world that sinks write to, and the checker of a run: what is committed, what must not happen, and what must be possible at any time. No process owns it; it survives all of them.
/// </summary>
internal sealed class World
{
    private readonly string _job;
    private readonly List<Action> _wakes = [];
    private long _knownThrough;

    public World(IEnumerable<string> expected, ICheckpointStore store, string job)
    {
        Store = store;
        _job = job;
        Output = new Output(expected);
        Folder = new Folder(this);
        Topic = new Topic(this);
    }

    public Output Output { get; }

    /// <summary>What two-phase sinks write to.</summary>
    public Folder Folder { get; }

    /// <summary>What sinks with deferred writes write to.</summary>
    public Topic Topic { get; }

    public ICheckpointStore Store { get; }

    public List<string> Violations { get; } = [];

    /// <summary>Whether sinks take records.</summary>
    public bool Accepts { get; private set; } = true;

    /// <summary>Asked before each commit: what shall go wrong with it.</summary>
    public Func<StoreFault> AtCommit { get; set; } = () => StoreFault.None;

    public JobLogState Log => JobLogFiles.ReadAll(Store, _job);

    /// <summary>A job that lives in this world: its log, checkpoints and savepoints are in the store.</summary>
    /// <param name="options">The job's options, with the parallelism.</param>
    /// <param name="define">Defines the job.</param>
    public JobSetup Setup(JobOptions options, Action<StreamEnvironment> define) => new()
    {
        Name = _job,
        Create = () => new DefinedJob(define),
        Options = options,
        DefaultParallelism = 1,
        Store = Store,
        Owner = "simulation",
        OpenSavepoint = path => (Store, path),
    };

    public void OnAccept(Action wake) => _wakes.Add(wake);

    /// <summary>The world outside stands still, or goes on.</summary>
    public void Accept(bool accepts)
    {
        Accepts = accepts;
        foreach (Action wake in _wakes)
        {
            wake();
        }
    }

    /// <summary>What holds between any two steps.</summary>
    public void Check() => Output.ReadOn(Violations);

    /// <summary>Something is committed for a checkpoint, so that its completion must be in the log, or an attempt that was started from it as a savepoint.</summary>
    public void RequireCompleted(long checkpointId, string what)
    {
        if (_knownThrough < checkpointId)
        {
            JobLogState log = Log;
            _knownThrough = log.RestorePoint.Kind == StartPointKind.Savepoint ? CheckpointMetadataFile.Read(Store, log.RestorePoint.Path!, null).CheckpointId : 0;
            _knownThrough = Math.Max(_knownThrough, log.LastCommitting);
        }

        if (_knownThrough < checkpointId)
        {
            Violations.Add($"{what} is committed for checkpoint {checkpointId}, whose completion is not in the log");
        }
    }

    /// <summary>What the job would restart from now is whole: all files, all checksums.</summary>
    public void CheckRestorePoint()
    {
        JobLogState log = Log;
        if (log.RestorePoint.Kind != StartPointKind.Checkpoint)
        {
            return;
        }

        try
        {
            CompletedCheckpoint completed = log.Find(log.RestorePoint.CheckpointId)
                ?? throw new CheckpointStorageException($"Checkpoint {log.RestorePoint.CheckpointId} is the restore point and is not retained.");
            ReadAll(completed.MetadataPath, completed.Digest);
        }
        catch (StreamException e)
        {
            Violations.Add($"the restore point cannot be restored: {e.Message}");
        }
    }

    /// <summary>A savepoint is its owner's, and whole for ever.</summary>
    public void CheckSavepoint(string metadataPath)
    {
        try
        {
            ReadAll(metadataPath, null);
        }
        catch (StreamException e)
        {
            Violations.Add($"the savepoint '{metadataPath}' cannot be restored: {e.Message}");
        }
    }

    private void ReadAll(string metadataPath, string? digest)
    {
        CheckpointMetadata metadata = CheckpointMetadataFile.Read(Store, metadataPath, digest);
        foreach (SubtaskSnapshot subtask in metadata.Subtasks)
        {
            SubtaskSnapshotReader reader = new(Store, subtask);
            foreach (StateSection section in subtask.Sections)
            {
                reader.Read(section);
            }
        }
    }
}
