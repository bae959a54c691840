using OrleansStream.Client;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Recovery;

/// <summary>What people see of a job while it runs.</summary>
public sealed class ProgressTests
{
    [Fact]
    public void Rates_and_shares_are_of_the_time_between_two_looks()
    {
        JobMeter meter = new();
        meter.Look(Status(1, 1000, busyNs: 500, blockedNs: 0, idleNs: 500), TimeSpan.FromSeconds(1));
        OperatorProgress progress = Assert.Single(meter.Look(Status(1, 5000, busyNs: 800, blockedNs: 600, idleNs: 600), TimeSpan.FromSeconds(3)));
        Assert.Equal((2000.0, 1000.0), (progress.InPerSecond, progress.OutPerSecond));
        Assert.Equal((0.3, 0.6), (progress.Busy, progress.Backpressure));
    }

    [Fact]
    public void Counts_begin_anew_after_a_restart()
    {
        JobMeter meter = new();
        meter.Look(Status(1, 9000, 1, 1, 1), TimeSpan.FromSeconds(1));
        Assert.Equal(3000, Assert.Single(meter.Look(Status(2, 3000, 1, 1, 1), TimeSpan.FromSeconds(2))).InPerSecond);
    }

    [Fact]
    public void A_line_names_what_matters()
    {
        JobStatus status = Status(2, 20_000_000, busyNs: 30, blockedNs: 70, idleNs: 0) with { LastCheckpoint = 7, LastCheckpointAtMs = 1000 };
        string line = ProgressText.Line(status, new JobMeter().Look(status, TimeSpan.FromSeconds(2)), TimeSpan.FromSeconds(2), 2500);
        Assert.Equal(
            "2.0 s, attempt 2, running, checkpoint 7, 1.5 s ago | numbers: in 20,000,000 (10 M/s) out 10,000,000 (5.0 M/s) watermark 2001-01-01 00:47:00 backpressure 70 % late 3", line);
    }

    private static JobStatus Status(int attempt, long records, long busyNs, long blockedNs, long idleNs) => new(
        "job", JobState.Running, attempt,
        [new OperatorStatus("numbers", "uid", 0, 2, records, records / 2, 3, 0, 978_310_020_000, 0, busyNs, blockedNs, idleNs)],
        null, null, 0, 0, null);
}
