using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.KeyAccess;

namespace OrleansStream.Hosting;

/// <summary>Requests to keys of a job in this process. What cannot be answered yet, since the job starts or restarts or has too much to do, is sent again.</summary>
internal sealed class LocalKeys(string job, Action<KeyMail> deliver, Task<JobOutcome> completion) : IKeyGateway
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    public string Job => job;

    public async Task<KeyReply> SendAsync(KeyRequest request, CancellationToken cancel)
    {
        for (TimeSpan pause = s_firstPause; ; pause = pause + pause > s_longestPause ? s_longestPause : pause + pause)
        {
            TaskCompletionSource<KeyReply> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
            deliver(new KeyMail(request, answer => reply.TrySetResult(answer)));
            KeyReply result = await reply.Task.WaitAsync(cancel).ConfigureAwait(false);
            if (!result.CanRetry)
            {
                return result;
            }

            if (completion.IsCompleted)
            {
                return new KeyReply(KeyStatus.Refused, $"job '{job}' has ended ({completion.Result.State}).");
            }

            await Task.Delay(pause, cancel).ConfigureAwait(false);
        }
    }
}
