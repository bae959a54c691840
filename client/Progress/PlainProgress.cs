using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Client;

/// <summary>Writes a job's progress to the log every few seconds, and when it has ended.</summary>
internal static partial class PlainProgress
{
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    public static async Task ShowAsync(ILogger logger, LocalJob job, CancellationToken ended)
    {
        JobMeter meter = new();
        long began = Stopwatch.GetTimestamp();
        TimeSpan wait = s_first;
        bool last;
        do
        {
            await Task.Delay(wait, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = s_interval;
            last = ended.IsCancellationRequested;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
            JobStatus status = job.Status;
            LogProgress(logger, job.Name, ProgressText.Line(status, meter.Look(status, elapsed), elapsed, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        }
        while (!last);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "job '{Job}': {Line}")]
    private static partial void LogProgress(ILogger logger, string job, string line);
}
