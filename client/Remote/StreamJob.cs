using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Client;

/// <summary>A job of a cluster. Every member asks the service; a refusal is a <see cref="JobServiceException"/> with a code. A token ends the wait, not the job. Any thread.</summary>
public sealed class StreamJob
{
    private readonly IJobService _service;
    private readonly StreamClientOptions _options;

    internal StreamJob(IJobService service, string id, StreamClientOptions options)
    {
        _service = service;
        _options = options;
        Id = id;
    }

    /// <summary>The job's id.</summary>
    public string Id { get; }

    /// <summary>The job with its options and operators.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public Task<JobDetails> GetAsync(CancellationToken cancel = default) => _service.GetAsync(Id, cancel);

    /// <summary>Waits until the job has ended.</summary>
    /// <param name="cancel">Ends the wait, not the job.</param>
    /// <returns>The job as it ended: finished, stopped, cancelled or failed, with the reason.</returns>
    public async Task<JobInfo> WaitAsync(CancellationToken cancel = default)
    {
        while (true)
        {
            JobInfo job = (await _service.GetAsync(Id, cancel).ConfigureAwait(false)).Job;
            if (job.EndedAt is not null)
            {
                return job;
            }

            await Task.Delay(_options.PollInterval, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the job without a checkpoint, and waits for the end.</summary>
    /// <param name="cancel">Ends the wait; the cancel goes on.</param>
    public async Task<JobInfo> CancelAsync(CancellationToken cancel = default)
    {
        await _service.CancelAsync(Id, cancel).ConfigureAwait(false);
        return await WaitAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Takes a savepoint, which is the caller's: the job never deletes it.</summary>
    /// <param name="folder">A folder below <c>savepoints/</c> of the cluster's checkpoint directory, empty so far; null for one of its own.</param>
    /// <param name="cancel">Ends the wait; the savepoint goes on.</param>
    public Task<SavepointInfo> SavepointAsync(string? folder = null, CancellationToken cancel = default) =>
        WhenReadyAsync(new SavepointRequest { Id = StreamClient.NewId(), Folder = folder }, cancel);

    /// <summary>Takes a savepoint and ends the job with it: nothing is emitted after it, and everything before it is committed.</summary>
    /// <param name="folder">A folder below <c>savepoints/</c> of the cluster's checkpoint directory, empty so far; null for one of its own.</param>
    /// <param name="drain">Whether the final watermark is sent first, so that all windows fire. Only for a job that will not go on.</param>
    /// <param name="cancel">Ends the wait; the savepoint goes on.</param>
    public Task<SavepointInfo> StopWithSavepointAsync(string? folder = null, bool drain = false, CancellationToken cancel = default) =>
        WhenReadyAsync(new SavepointRequest { Id = StreamClient.NewId(), Folder = folder, Stop = true, Drain = drain }, cancel);

    /// <summary>
    /// A key of the job: asks for its state, tells its keyed grain. Nothing is sent by this call. While the job starts or restarts a request is sent again for <see cref="StreamClientOptions.RetryFor"/>, then it is a
    /// <see cref="JobServiceException"/>; a message has the same id each time, so that it is applied once. Types are matched by their members' names: those of this program need not be those of the job.
    /// </summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <param name="operatorUid">The uid of the operator, as given with <c>WithUid</c>.</param>
    /// <param name="key">The key.</param>
    public KeyHandle<TKey> Key<TKey>(string operatorUid, TKey key) => new(new RestKeys(_service, Id, _options), operatorUid, key);

    /// <summary>Asks or tells a key in JSON, for who has not the types. While the job starts or restarts it is sent again as by <see cref="Key{TKey}"/>.</summary>
    /// <param name="call">What is asked or told.</param>
    /// <param name="cancel">Ends the wait; a message may be delivered all the same.</param>
    public Task<KeyAnswer> CallKeyAsync(KeyCall call, CancellationToken cancel = default) => new RestKeys(_service, Id, _options).CallAsync(call, cancel);

    /// <summary>The job's last checkpoints and savepoints, the newest first.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public Task<IReadOnlyList<CheckpointInfo>> GetCheckpointsAsync(CancellationToken cancel = default) => _service.GetCheckpointsAsync(Id, cancel);

    /// <summary>Why the job's last attempts failed, the newest first.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public Task<IReadOnlyList<FailureInfo>> GetFailuresAsync(CancellationToken cancel = default) => _service.GetFailuresAsync(Id, cancel);

    /// <summary>What the job's operators have counted.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public Task<JobMetrics> GetMetricsAsync(CancellationToken cancel = default) => _service.GetMetricsAsync(Id, cancel);

    // A job that starts or restarts just now can take a savepoint a moment later; the token ends the patience.
    private async Task<SavepointInfo> WhenReadyAsync(SavepointRequest request, CancellationToken cancel)
    {
        const int MostTries = 60;
        for (int tries = 1; ; tries++)
        {
            try
            {
                return await _service.SavepointAsync(Id, request, cancel).ConfigureAwait(false);
            }
            catch (JobServiceException e) when (e.Code == JobServiceError.NotReady && tries < MostTries)
            {
                await Task.Delay(_options.PollInterval, cancel).ConfigureAwait(false);
            }
        }
    }
}
