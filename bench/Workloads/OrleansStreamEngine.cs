using System.Diagnostics;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Bench.Workloads;

/// <summary>The workloads as jobs of OrleansStream in a <see cref="LocalCluster"/>, with as many workers as sources.</summary>
public sealed class OrleansStreamEngine : IWorkloadEngine
{
    /// <inheritdoc/>
    public string Name => "ours";

    /// <inheritdoc/>
    public bool Supports(Workload job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return true;
    }

    /// <inheritdoc/>
    public WorkloadResult Run(WorkloadParameters parameters) => Run(parameters, new JobOptions());

    /// <summary>Runs a workload with options of its own, such as checkpoints.</summary>
    /// <param name="parameters">The sizes.</param>
    /// <param name="options">The options; the parallelism and the watermark interval are set here.</param>
    public static WorkloadResult Run(WorkloadParameters parameters, JobOptions options)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(options);
        WorkloadTally tally = new(parameters.Parallelism);
        LocalCluster cluster = new(new LocalClusterOptions { Workers = parameters.Parallelism });
        try
        {
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            LocalJob job = cluster.Submit(
                parameters.Job.Name,
                () => new WorkloadJob(parameters, tally),
                options with { Parallelism = parameters.Parallelism, WatermarkInterval = TimeSpan.FromMilliseconds(5) });
            JobOutcome outcome = job.WaitAsync().GetAwaiter().GetResult();
            long ended = Stopwatch.GetTimestamp();
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            Last = job.Status;
            return outcome.State == JobState.Finished
                ? new WorkloadResult(tally.Count, tally.Sum, Stopwatch.GetElapsedTime(tally.FirstEvent, ended).TotalSeconds, allocated)
                : throw new InvalidOperationException($"The job ended as {outcome.State}.");
        }
        finally
        {
            cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>The status of the last job that ran, for its checkpoints' stalls.</summary>
    public static JobStatus? Last { get; private set; }
}
