using OrleansStream.Hosting;

namespace OrleansStream.Kafka;

/// <summary>Runs <see cref="Jobs.PipelineJob"/> in a process that can be killed; the tests start it.</summary>
public static class Program
{
    /// <summary>Runs the job.</summary>
    public static Task<int> Main(string[] args) => LocalCluster.RunAsync<Jobs.PipelineJob>(args);
}
