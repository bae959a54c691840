using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansStream.Grains;

namespace OrleansStream.Silo;

/// <summary>When the silo is told to end: a checkpoint of every job, so that the other silos go on from here and little is done again.</summary>
internal sealed partial class HandOver(ClusterJobs jobs, ILogger<HandOver> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<JobRecord> records = await jobs.Dispatcher.ListAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(records.Where(j => j.End is null).Select(j => CheckpointAsync(j, cancellationToken))).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Without a fresh checkpoint jobs go on from the last one.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNot(logger, "jobs", e.Message);
        }
    }

    private async Task CheckpointAsync(JobRecord job, CancellationToken cancel)
    {
        try
        {
            string path = await jobs.Job(job.Spec.Id).CheckpointAsync().WaitAsync(cancel).ConfigureAwait(false);
            LogTaken(logger, job.Spec.Name, path);
        }
#pragma warning disable CA1031 // Without a fresh checkpoint the job goes on from the last one.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNot(logger, $"job '{job.Spec.Name}'", e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "job '{Job}': checkpoint {Path} before the silo ends")]
    private static partial void LogTaken(ILogger logger, string job, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "no checkpoint of {What} before the silo ends, so what came since the last one is done again elsewhere: {Reason}")]
    private static partial void LogNot(ILogger logger, string what, string reason);
}
