using OrleansStream.Engine;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.KeyAccess;
using OrleansStream.Service;

namespace OrleansStream.Hosting;

/// <summary>A job that runs in a <see cref="LocalCluster"/>. All members may be called from any thread.</summary>
public sealed class LocalJob
{
    private readonly JobMaster _master;
    private readonly LocalKeys _keys;
    private readonly Lazy<JobKeys> _types;
    private readonly TaskCompletionSource<JobOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal LocalJob(IEngineHost host, JobSetup setup)
    {
        Name = setup.Name;
        History = setup.History;
        _master = LocalNode.Start(host, setup, outcome => _completion.TrySetResult(outcome), out Action<KeyMail> keys);
        _keys = new LocalKeys(Name, keys, _completion.Task);
        _types = new Lazy<JobKeys>(() => JobKeys.Of(setup));
    }

    /// <summary>The job's name.</summary>
    public string Name { get; }

    /// <summary>What became of the job's last checkpoints and attempts.</summary>
    public JobHistory History { get; }

    /// <summary>What the job is doing.</summary>
    public JobStatus Status => _master.Status;

    /// <summary>Completes when the job has ended, however it ended; it does not throw for a job that failed.</summary>
    public Task<JobOutcome> Completion => _completion.Task;

    /// <summary>Waits for the end of the job.</summary>
    /// <param name="cancel">Ends the wait, not the job.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="Exception">What failed the job.</exception>
    public async Task<JobOutcome> WaitAsync(CancellationToken cancel = default)
    {
        JobOutcome outcome = await Completion.WaitAsync(cancel).ConfigureAwait(false);
        return outcome.Error is null ? outcome : throw outcome.Error;
    }

    /// <summary>Ends the job without a checkpoint, and waits for the end.</summary>
    public async Task CancelAsync()
    {
        _master.Cancel();
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Takes a checkpoint now.</summary>
    /// <returns>The path of its metadata in the checkpoint store.</returns>
    public Task<string> CheckpointAsync() => Ask(_master.Checkpoint);

    /// <summary>Takes a savepoint, which is the caller's: the job never deletes it.</summary>
    /// <param name="folder">A folder below the checkpoint directory, empty so far.</param>
    /// <returns>The path of its metadata in the checkpoint store.</returns>
    public Task<string> SavepointAsync(string folder) => Ask(done => _master.Savepoint(folder, false, false, done));

    /// <summary>Takes a savepoint and ends the job with it: nothing is emitted after it, and everything before it is committed.</summary>
    /// <param name="folder">A folder below the checkpoint directory, empty so far.</param>
    /// <param name="drain">Whether the final watermark is sent first, so that all windows fire. Only for a job that will not go on.</param>
    /// <returns>The path of its metadata in the checkpoint store, when the job has ended.</returns>
    public async Task<string> StopWithSavepointAsync(string folder, bool drain = false)
    {
        string path = await Ask(done => _master.Savepoint(folder, true, drain, done)).ConfigureAwait(false);
        await WaitAsync().ConfigureAwait(false);
        return path;
    }

    /// <summary>Ends the job with a final checkpoint, which stays, so that it can be resumed.</summary>
    /// <param name="drain">Whether the final watermark is sent first.</param>
    /// <returns>The path of its metadata in the checkpoint store, when the job has ended.</returns>
    public async Task<string> StopAsync(bool drain = false)
    {
        string path = await Ask(done => _master.Stop(drain, done)).ConfigureAwait(false);
        await WaitAsync().ConfigureAwait(false);
        return path;
    }

    /// <summary>A key of the job: asks for its state, tells its keyed grain. Nothing is sent by this call.</summary>
    /// <typeparam name="TKey">The type of the operator's keys.</typeparam>
    /// <param name="operatorUid">The uid of the operator, as given with <c>WithUid</c>.</param>
    /// <param name="key">The key.</param>
    public KeyHandle<TKey> Key<TKey>(string operatorUid, TKey key) => new(_keys, operatorUid, key);

    /// <summary>Makes a request of what is given as JSON. The first call is as slow as the job's Define.</summary>
    internal KeyRequest ReadKeyCall(KeyCall call) => _types.Value.Read(call);

    /// <summary>Sends a request to a key, and again for as long as the patience lasts.</summary>
    internal Task<KeyReply> SendToKeyAsync(KeyRequest request, TimeSpan patience) => _keys.SendAsync(request, patience, CancellationToken.None);

    private static Task<string> Ask(Action<Action<string?, Exception?>> ask)
    {
        TaskCompletionSource<string> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ask((path, error) =>
        {
            if (error is null)
            {
                answer.TrySetResult(path!);
            }
            else
            {
                answer.TrySetException(error);
            }
        });
        return answer.Task;
    }
}
