using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Hosting;

/// <summary>
/// The jobs of an application. When one fails for good the application is stopped, unless <see cref="HostOptions.BackgroundServiceExceptionBehavior"/> is <c>Ignore</c>: what holds for any
/// background service.
/// </summary>
public sealed partial class LocalJobs : IHostedService
{
    private readonly LocalCluster _cluster;
    private readonly IReadOnlyList<HostedJob> _jobs;
    private readonly IConfiguration? _configuration;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly HostOptions _hostOptions;
    private readonly ILogger<LocalJobs> _logger;
    private readonly List<(LocalJob Job, JobOptions Options)> _running = [];

    /// <summary>Called by the application's container.</summary>
    public LocalJobs(LocalCluster cluster, IServiceProvider services, IHostApplicationLifetime lifetime, IOptions<HostOptions> hostOptions, ILogger<LocalJobs> logger)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(hostOptions);
        _cluster = cluster;
        _jobs = [.. (IEnumerable<HostedJob>)services.GetService(typeof(IEnumerable<HostedJob>))!];
        _configuration = services.GetService(typeof(IConfiguration)) as IConfiguration;
        _lifetime = lifetime;
        _hostOptions = hostOptions.Value;
        _logger = logger;
    }

    /// <summary>The jobs that run, in the order in which they were added; empty before the host has started.</summary>
    public IReadOnlyList<LocalJob> Running => [.. _running.Select(j => j.Job)];

    /// <inheritdoc/>
    /// <exception cref="OptionsException">Options are wrong; the message lists all.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // All options are read before the first job starts, so that a mistake in the last one leaves nothing half started.
        (HostedJob Job, JobOptions Options)[] ready =
            [.. _jobs.Select(j => (j, new JobOptionsReader(j.Defaults).Read([], Environment.GetEnvironmentVariables(), _configuration, j.Name).Options))];
        foreach ((HostedJob hosted, JobOptions options) in ready)
        {
            LocalJob job = _cluster.Submit(hosted.Name, hosted.Create, options);
            _running.Add((job, options));
            _ = FollowAsync(job);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_running.Select(j => StopAsync(j.Job, j.Options, cancellationToken)));

    private async Task StopAsync(LocalJob job, JobOptions options, CancellationToken cancel)
    {
        if (job.Completion.IsCompleted)
        {
            return;
        }

        if (options.Checkpointing.Directory is null)
        {
            await job.CancelAsync().WaitAsync(cancel).ConfigureAwait(false);
            return;
        }

        try
        {
            string path = await job.StopAsync().WaitAsync(cancel).ConfigureAwait(false);
            LogStopped(_logger, job.Name, path);
        }
        catch (Exception e) when (e is StreamException or OperationCanceledException)
        {
            LogNotStopped(_logger, job.Name, e.Message);
        }
    }

    private async Task FollowAsync(LocalJob job)
    {
        JobOutcome outcome = await job.Completion.ConfigureAwait(false);
        if (outcome.State != JobState.Failed)
        {
            LogEnded(_logger, job.Name, outcome.State);
            return;
        }

        LogFailed(_logger, job.Name, outcome.Error?.Message ?? "", outcome.Error);
        if (_hostOptions.BackgroundServiceExceptionBehavior == BackgroundServiceExceptionBehavior.StopHost)
        {
            _lifetime.StopApplication();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "job '{Job}' was stopped with checkpoint {Path}; the option resume goes on from it")]
    private static partial void LogStopped(ILogger logger, string job, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "job '{Job}' was not stopped in time, so it ends without a final checkpoint; the option resume goes on from the last one: {Reason}")]
    private static partial void LogNotStopped(ILogger logger, string job, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "job '{Job}' has ended: {State}")]
    private static partial void LogEnded(ILogger logger, string job, JobState state);

    [LoggerMessage(Level = LogLevel.Critical, Message = "job '{Job}' failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string job, string reason, Exception? error);
}
