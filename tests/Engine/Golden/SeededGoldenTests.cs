namespace OrleansStream.Engine.Tests.GoldenJobs;

public sealed class SeededGoldenTests
{
    public static TheoryData<string> Jobs => [.. AllGoldenJobs.Names];

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_golden_job_run_whole_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.VerifyWhole(job.Define, job.Expected, job.Options);
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_golden_job_killed_and_restored_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.VerifyKilled(job.Define, job.Expected, job.Options);
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_golden_job_stopped_with_a_savepoint_and_restored_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.VerifyStopped(job.Define, job.Expected, job.Options);
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_golden_job_run_in_drawn_ways_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.VerifyDrawn(job.Define, job.Expected, job.Options with { FirstSeed = 1 + AllGoldenJobs.Names.ToList().IndexOf(name) });
    }
}
