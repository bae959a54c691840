using System.Diagnostics;

namespace OrleansStream.Hosting;

/// <summary>Sends a request to a key again while the job starts, restarts, or has too much to do.</summary>
internal static class KeyRepetition
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    /// <summary>Sends until there is an answer, or there has been none to be had for as long as the patience lasts. The time in which a request waits at its subtask for a checkpoint does not count.</summary>
    /// <param name="send">Sends once.</param>
    /// <param name="patience">How long; null for ever.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>The last reply.</returns>
    public static async Task<KeyReply> SendAsync(Func<Task<KeyReply>> send, TimeSpan? patience, CancellationToken cancel)
    {
        long lost = Stopwatch.GetTimestamp();
        for (TimeSpan pause = s_firstPause; ; pause = pause + pause > s_longestPause ? s_longestPause : pause + pause)
        {
            long sent = Stopwatch.GetTimestamp();
            KeyReply reply = await send().WaitAsync(cancel).ConfigureAwait(false);
            if (!reply.CanRetry)
            {
                return reply;
            }

            if (reply.Attempt > 0 && Stopwatch.GetElapsedTime(sent) > s_longestPause)
            {
                // It had been taken, and waited for a checkpoint.
                (lost, pause) = (Stopwatch.GetTimestamp(), s_firstPause);
            }
            else if (patience is { } limit && Stopwatch.GetElapsedTime(lost) > limit)
            {
                return reply with { Detail = $"{reply.Detail} It was tried for {limit.TotalSeconds:0.#} s; the same may succeed later." };
            }

            await Task.Delay(pause, cancel).ConfigureAwait(false);
        }
    }
}
