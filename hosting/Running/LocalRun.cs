using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Hosting;

/// <summary>
/// Runs one job in this process from start to end, as a program does: the first Ctrl-C (or SIGTERM) stops it with a final checkpoint, which stays, a second one cancels it.
/// </summary>
public sealed partial class LocalRun
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);

    /// <summary>The job's name, unless the options give one.</summary>
    public required string Name { get; init; }

    /// <summary>Makes a job object for each call of <see cref="IStreamJob.Define"/>; any thread.</summary>
    public required Func<IStreamJob> Create { get; init; }

    /// <summary>The job's options.</summary>
    public JobOptions Options { get; init; } = new();

    /// <summary>Where log lines go; null for nowhere.</summary>
    public ILoggerFactory? Loggers { get; init; }

    /// <summary>The services that functions, sources and sinks see; null for none.</summary>
    public IServiceProvider? Services { get; init; }

    /// <summary>Follows the job until its token is cancelled, which is when the job has ended: shows its progress. Null for nothing.</summary>
    public Func<LocalJob, CancellationToken, Task>? Watch { get; init; }

    /// <summary>Whether Ctrl-C and SIGTERM stop the job. Default: true.</summary>
    public bool HandlesSignals { get; init; } = true;

    /// <summary>Runs the job. Does not throw for a job that fails or is refused; see <see cref="LocalRunResult.Error"/>.</summary>
    /// <param name="cancel">Stops the job like the first Ctrl-C.</param>
    public async Task<LocalRunResult> RunAsync(CancellationToken cancel = default)
    {
        ILogger logger = Loggers?.CreateLogger("OrleansStream") ?? (ILogger)NullLogger.Instance;
        long began = Stopwatch.GetTimestamp();
        using StopRequests requests = new(HandlesSignals, cancel);
        LocalCluster? cluster = null;
        LocalJob job;
        try
        {
            cluster = new LocalCluster(services: Services, logger: Loggers?.CreateLogger<LocalCluster>());
            job = cluster.Submit(Name, Create, Options);
        }
        catch (StreamException e)
        {
            if (cluster is not null)
            {
                await cluster.DisposeAsync().ConfigureAwait(false);
            }

            return new LocalRunResult(null, null, null, Stopwatch.GetElapsedTime(began), e);
        }

        await using (cluster.ConfigureAwait(false))
        {
            using CancellationTokenSource ended = new();
            Task watch = Watch?.Invoke(job, ended.Token) ?? Task.CompletedTask;
            Task<string?> stop = StopWhenAskedAsync(job, requests, logger, ended.Token);
            JobOutcome outcome = await job.Completion.ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            string? stopped = await stop.ConfigureAwait(false);
            await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return new LocalRunResult(outcome, job.Status, outcome.State == JobState.Stopped ? stopped : null, Stopwatch.GetElapsedTime(began), outcome.Error);
        }
    }

    private async Task<string?> StopWhenAskedAsync(LocalJob job, StopRequests requests, ILogger logger, CancellationToken ended)
    {
        try
        {
            await requests.Stop.WaitAsync(ended).ConfigureAwait(false);
            Task<string?> stop = Options.Checkpointing.Directory is null ? CancelAsync(job, logger) : StopAsync(job, logger, ended);
            if (await Task.WhenAny(stop, requests.Cancel.WaitAsync(ended)).ConfigureAwait(false) != stop && !ended.IsCancellationRequested)
            {
                LogCancelling(logger, job.Name);
                await job.CancelAsync().ConfigureAwait(false);
            }

            return await stop.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<string?> CancelAsync(LocalJob job, ILogger logger)
    {
        LogWithoutDirectory(logger, job.Name);
        await job.CancelAsync().ConfigureAwait(false);
        return null;
    }

    // A job that is just starting, or waits for a restart, cannot take a checkpoint; it can a moment later.
    private static async Task<string?> StopAsync(LocalJob job, ILogger logger, CancellationToken ended)
    {
        LogStopping(logger, job.Name);
        while (true)
        {
            try
            {
                return await job.StopAsync().ConfigureAwait(false);
            }
            catch (StreamException e) when (!job.Completion.IsCompleted)
            {
                LogNotYet(logger, job.Name, e.Message);
                await Task.Delay(s_retry, ended).ConfigureAwait(false);
            }
            catch (StreamException)
            {
                return null; // It ended by itself meanwhile.
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "job '{Job}': stopping with a final checkpoint; Ctrl-C again cancels")]
    private static partial void LogStopping(ILogger logger, string job);

    [LoggerMessage(Level = LogLevel.Information, Message = "job '{Job}': cancelling, since without checkpointing.directory there is nothing to resume from")]
    private static partial void LogWithoutDirectory(ILogger logger, string job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "job '{Job}': cancelling without a final checkpoint")]
    private static partial void LogCancelling(ILogger logger, string job);

    [LoggerMessage(Level = LogLevel.Debug, Message = "job '{Job}' cannot be stopped yet: {Reason}")]
    private static partial void LogNotYet(ILogger logger, string job, string reason);
}
