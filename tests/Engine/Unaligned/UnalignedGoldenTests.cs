using OrleansStream.Engine.Tests.GoldenJobs;

namespace OrleansStream.Engine.Tests.Unaligned;

/// <summary>The golden jobs with unaligned checkpoints: killed between them, restored at the same and at another parallelism.</summary>
public sealed class UnalignedGoldenTests
{
    public static TheoryData<string> Jobs => [.. AllGoldenJobs.Names];

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_golden_job_with_unaligned_checkpoints_killed_and_restored_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.VerifyKilled(job.Define, job.Expected, Options(job, TimeSpan.Zero) with { FirstSeed = 501 });
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_golden_job_with_checkpoints_that_turn_unaligned_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.VerifyKilled(job.Define, job.Expected, Options(job, TimeSpan.FromMilliseconds(2)) with { FirstSeed = 502 });
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_golden_job_with_unaligned_checkpoints_stopped_with_a_savepoint_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.VerifyStopped(job.Define, job.Expected, Options(job, TimeSpan.Zero) with { BatchSizes = [7], FirstSeed = 503 });
    }

    private static GoldenOptions Options(GoldenJob job, TimeSpan alignedTimeout) => job.Options with
    {
        Job = new JobOptions { Checkpointing = new CheckpointOptions { Unaligned = true, AlignedTimeout = alignedTimeout } },
        BatchSizes = [1, 64],
        Rescales = [(2, 2), (2, 3), (3, 1), (4, 7)],
    };
}
