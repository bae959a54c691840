namespace OrleansStream.Engine.Planning;

/// <summary>Looks, before a job is taken, whether its graph can be built.</summary>
public static class JobCheck
{
    /// <summary>Calls Define and cuts the graph as a master will; nothing is deployed, and nothing of the job is kept. Any thread.</summary>
    /// <param name="job">A job object, for this call only.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="defaultParallelism">The parallelism where the options give none.</param>
    /// <returns>How many operators the graph has.</returns>
    /// <exception cref="StreamException">The graph cannot be built; the message names the operator and the remedy.</exception>
    public static int RequireDefinable(IStreamJob job, JobOptions options, int defaultParallelism)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(options);
        return JobPlan.Build(job, options, defaultParallelism, null).Nodes.Count;
    }
}
