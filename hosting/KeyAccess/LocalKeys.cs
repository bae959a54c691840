using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.KeyAccess;

namespace OrleansStream.Hosting;

/// <summary>Requests to keys of a job in this process. What cannot be answered yet, since the job starts or restarts or has too much to do, is sent again until the job has ended.</summary>
internal sealed class LocalKeys(string job, Action<KeyMail> deliver, Task<JobOutcome> completion) : IKeyGateway
{
    public ValueTask<string> FindJobNameAsync(CancellationToken cancel) => ValueTask.FromResult(job);

    public Task<KeyReply> SendAsync(KeyRequest request, CancellationToken cancel) => SendAsync(request, null, cancel);

    /// <summary>The same with a limit to the patience.</summary>
    public Task<KeyReply> SendAsync(KeyRequest request, TimeSpan? patience, CancellationToken cancel) => KeyRepetition.SendAsync(() => SendOnceAsync(request), patience, cancel);

    private async Task<KeyReply> SendOnceAsync(KeyRequest request)
    {
        TaskCompletionSource<KeyReply> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
        deliver(new KeyMail(request, answer => reply.TrySetResult(answer)));
        KeyReply result = await reply.Task.ConfigureAwait(false);
        return result.CanRetry && completion.IsCompleted ? new KeyReply(KeyStatus.Refused, $"job '{job}' has ended ({completion.Result.State}).") : result;
    }
}
