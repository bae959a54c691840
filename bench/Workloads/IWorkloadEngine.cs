namespace OrleansStream.Bench.Workloads;

/// <summary>Something that can run the workloads. Called by the benchmark's main thread, one run at a time.</summary>
public interface IWorkloadEngine
{
    /// <summary>The name after <c>--engine</c> and <c>engine=</c>.</summary>
    string Name { get; }

    /// <summary>Whether the engine has what a job needs.</summary>
    /// <param name="job">The job.</param>
    bool Supports(Workload job) => true;

    /// <summary>
    /// Runs the job once, blocking until its last record is in the sink. Seconds and bytes count from the first event to the end of the job;
    /// sizes without <see cref="WorkloadParameters.Problems"/> are the caller's duty.
    /// </summary>
    WorkloadResult Run(WorkloadParameters parameters);
}
