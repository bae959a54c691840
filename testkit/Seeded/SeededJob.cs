using System.Runtime.ExceptionServices;
using OrleansStream.Checkpointing;
using OrleansStream.Engine;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.KeyAccess;

namespace OrleansStream.TestKit;

/// <summary>A job in a <see cref="SeededCluster"/>. Members that wait run the host meanwhile; one thread.</summary>
public sealed class SeededJob
{
    private readonly SeededHost _host;
    private readonly JobMaster _master;
    private readonly Action<KeyMail> _keys;

    internal SeededJob(SeededHost host, string name, Func<IStreamJob> create, JobOptions options, ICheckpointStore store, string owner)
    {
        _host = host;
        Name = name;
        JobSetup setup = new()
        {
            Name = name,
            Create = create,
            Options = options,
            DefaultParallelism = 2,
            Store = store,
            Owner = owner,
            OpenSavepoint = path => (store, path.EndsWith(CheckpointLayout.MetadataName, StringComparison.Ordinal) ? path : CheckpointLayout.MetadataFile(path)),
        };
        _master = LocalNode.Start(host, setup, outcome => Outcome = outcome, out _keys);
    }

    /// <summary>The job's name.</summary>
    public string Name { get; }

    /// <summary>How the job ended; null while it runs.</summary>
    public JobOutcome? Outcome { get; private set; }

    /// <summary>What the job is doing.</summary>
    public JobStatus Status => _master.Status;

    /// <summary>Runs until the job has ended, however it ends.</summary>
    public JobOutcome RunToOutcome()
    {
        _host.RunUntil(() => Outcome is not null, $"the end of job '{Name}'");
        return Outcome!;
    }

    /// <summary>Runs until the job has ended.</summary>
    /// <returns>How it ended.</returns>
    /// <exception cref="Exception">What failed the job.</exception>
    public JobOutcome RunToEnd()
    {
        JobOutcome outcome = RunToOutcome();
        if (outcome.Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        return outcome;
    }

    /// <summary>Runs until all subtasks run, or the job has ended.</summary>
    public void RunToRunning() => _host.RunUntil(() => Outcome is not null || Status.State == JobState.Running, $"job '{Name}' to run");

    /// <summary>Asks for a checkpoint; the answer comes while the cluster is run.</summary>
    public SeededAnswer AskCheckpoint() => Ask(_master.Checkpoint);

    /// <summary>Asks for a savepoint, with or without an end of the job.</summary>
    /// <param name="folder">A folder of the store, empty so far.</param>
    /// <param name="stop">Whether the job ends with it.</param>
    /// <param name="drain">With stop: whether the final watermark is sent first.</param>
    public SeededAnswer AskSavepoint(string folder, bool stop = false, bool drain = false) => Ask(done => _master.Savepoint(folder, stop, drain, done));

    /// <summary>Asks for the end of the job with a final checkpoint.</summary>
    /// <param name="drain">Whether the final watermark is sent first.</param>
    public SeededAnswer AskStop(bool drain = false) => Ask(done => _master.Stop(drain, done));

    /// <summary>Takes a checkpoint and waits for it.</summary>
    /// <returns>The path of its metadata.</returns>
    public string Checkpoint() => Wait(AskCheckpoint(), "a checkpoint");

    /// <summary>Takes a savepoint and waits for it.</summary>
    /// <param name="folder">A folder of the store, empty so far.</param>
    /// <returns>The path of its metadata.</returns>
    public string Savepoint(string folder) => Wait(AskSavepoint(folder), "a savepoint");

    /// <summary>Takes a savepoint, ends the job with it and waits for the end.</summary>
    /// <param name="folder">A folder of the store, empty so far.</param>
    /// <param name="drain">Whether the final watermark is sent first.</param>
    /// <returns>The path of its metadata.</returns>
    public string StopWithSavepoint(string folder, bool drain = false)
    {
        string path = Wait(AskSavepoint(folder, stop: true, drain), "a savepoint to stop with");
        RunToEnd();
        return path;
    }

    /// <summary>Ends the job with a final checkpoint and waits for the end.</summary>
    /// <param name="drain">Whether the final watermark is sent first.</param>
    /// <returns>The path of its metadata.</returns>
    public string Stop(bool drain = false)
    {
        string path = Wait(AskStop(drain), "a final checkpoint");
        RunToEnd();
        return path;
    }

    /// <summary>Ends the job without a checkpoint and waits for the end.</summary>
    public JobOutcome Cancel()
    {
        _master.Cancel();
        return RunToOutcome();
    }

    /// <summary>Sends a request to a key; the reply comes while the cluster is run.</summary>
    /// <param name="request">The request, of <see cref="KeyRequests"/>.</param>
    public SeededReply Send(KeyRequest request)
    {
        SeededReply reply = new();
        _keys(new KeyMail(request, reply.Set));
        return reply;
    }

    private static SeededAnswer Ask(Action<Action<string?, Exception?>> ask)
    {
        SeededAnswer answer = new();
        ask(answer.Set);
        return answer;
    }

    private string Wait(SeededAnswer answer, string what)
    {
        _host.RunUntil(() => answer.IsThere, $"{what} of job '{Name}'");
        return answer.Path;
    }
}
