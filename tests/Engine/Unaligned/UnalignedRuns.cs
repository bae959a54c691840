using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Tests.Jobs;

namespace OrleansStream.Engine.Tests.Unaligned;

/// <summary>What the tests of unaligned checkpoints share.</summary>
internal static class UnalignedRuns
{
    public static CheckpointOptions Checkpoints { get; } = new() { Unaligned = true };

    /// <summary>The options of a job that takes unaligned checkpoints when it is told.</summary>
    public static JobOptions Options(int parallelism, int batch = 7) => JobRuns.Manual(parallelism, batch) with { Checkpointing = Checkpoints };

    /// <summary>Takes a checkpoint that must complete within a span of virtual time, whatever is blocked.</summary>
    /// <returns>The bytes of what was under way.</returns>
    public static long MustCheckpoint(SeededCluster cluster, SeededJob job, string run)
    {
        SeededAnswer answer = job.AskCheckpoint();
        cluster.Advance(TimeSpan.FromSeconds(10));
        Assert.True(answer.IsThere, $"{run}: the checkpoint does not complete. {string.Join("\n", cluster.Host.State)}");
        return InFlightBytes(cluster, answer.Path);
    }

    public static long InFlightBytes(SeededCluster cluster, string path) =>
        CheckpointMetadataFile.Read(cluster.Store, path).Subtasks.SelectMany(s => s.Sections).Where(s => s.Kind == StateSectionKind.InFlight).Sum(s => s.Length);
}
