using System.Globalization;
using OrleansStream.Bench.Latency;
using OrleansStream.Bench.Workloads;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Bench.Commands;

/// <summary><c>latency</c>: measures the maximum rate of a job, then its latency at a share of it, from the intended send time, with checkpoints off and on.</summary>
public static class LatencyCommand
{
    private const double WarmUpSeconds = 3;

    // What runs once a checkpoint is compiled anew after 30 and after 60 of them, which takes a core for a third of a second; so many are taken in a few seconds before anything is measured.
    private const int WarmUpIntervalMs = 50;
    private const double WarmUpJobSeconds = 8;

    // How long each of the runs takes that find the maximum.
    private const double MaximumSeconds = 5;

    /// <summary>Runs the command.</summary>
    /// <param name="args">What follows it.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where complaints go.</param>
    /// <returns>0, or 2 for wrong use.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        if (BenchArguments.Parse(
            args, new Dictionary<string, string> { ["--job"] = "all", ["--parallelism"] = "2", ["--share"] = "0.5", ["--seconds"] = "10", ["--runs"] = "3", ["--keys"] = "1000000" },
            out string problem) is not { } options)
        {
            error.WriteLine(problem);
            return 2;
        }

        string[] jobs = options.Text("--job") is "all" ? ["stateless", "keyed-sum"] : [options.Text("--job")];
        if (jobs.Any(j => j is not ("stateless" or "keyed-sum")))
        {
            error.WriteLine($"option --job: '{options.Text("--job")}' is not valid; valid: stateless, keyed-sum, all");
            return 2;
        }

        int parallelism = (int)options.Number("--parallelism");
        int runs = (int)options.Number("--runs");
        double seconds = options.Number("--seconds");
        foreach (string job in jobs)
        {
            WorkloadParameters sizes = WorkloadParameters.Default(Workload.Find(job)!, parallelism) with { Keys = WorkloadParameters.RoundUp((long)options.Number("--keys"), parallelism) };
            OrleansStreamEngine engine = new();
            double warm = sizes.Events / engine.Run(sizes).Seconds;
            WorkloadParameters whole = sizes with { Events = WorkloadParameters.RoundUp((long)(warm * MaximumSeconds), parallelism) };
            double rate = whole.Events / engine.Run(whole).Seconds * options.Number("--share");
            Measure(sizes, rate, WarmUpJobSeconds, TimeSpan.FromMilliseconds(WarmUpIntervalMs));

            string settings = string.Create(
                CultureInfo.InvariantCulture, $"job={job} parallelism={parallelism} keys={sizes.Keys} seconds={seconds} warm-up-job={WarmUpJobSeconds + WarmUpSeconds}s/{WarmUpIntervalMs}ms warm-up={WarmUpSeconds}s batch=1024 buffer-timeout=10ms");
            Dictionary<string, double> best = new() { ["off"] = double.MaxValue, ["1s"] = double.MaxValue };
            for (int run = 0; run < runs; run++)
            {
                // Right before what is measured at a share of it: a shared machine is another one a minute later.
                double maximum = whole.Events / engine.Run(whole).Seconds;
                rate = maximum * options.Number("--share");
                foreach (string checkpoints in (string[])["off", "1s"])
                {
                    (LatencyHistogram histogram, JobStatus status) = Measure(sizes, rate, seconds, checkpoints == "off" ? null : TimeSpan.FromSeconds(1));
                    best[checkpoints] = Math.Min(best[checkpoints], histogram.PercentileMs(0.99));
                    output.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"latency {settings} maximum={maximum / 1e6:F2}M/s rate={rate / 1e6:F2}M/s checkpoints={checkpoints} p50={histogram.PercentileMs(0.5):F2}ms p99={histogram.PercentileMs(0.99):F2}ms p999={histogram.PercentileMs(0.999):F2}ms max={histogram.PercentileMs(1):F2}ms stall_cpu={status.LongestStallNs / 1e6:F2}ms stall_wall={status.LongestStallWallNs / 1e6:F2}ms"));
                }
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"latency job={job} runs={runs} best_p99_off={best["off"]:F2}ms best_p99_1s={best["1s"]:F2}ms"));
        }

        return 0;
    }

    // A job of its own each time: what it did before is no part of what is measured, the first seconds neither.
    private static (LatencyHistogram Histogram, JobStatus Status) Measure(WorkloadParameters sizes, double rate, double seconds, TimeSpan? checkpointInterval)
    {
        int parallelism = sizes.Parallelism;
        LatencyHistogram histogram = new(parallelism);
        WorkloadParameters paced = sizes with { Events = WorkloadParameters.RoundUp((long)(rate * (seconds + WarmUpSeconds)), parallelism) };
        long warm = PacedSource.NowNs + (long)(WarmUpSeconds * 1e9);
        DirectoryInfo? directory = checkpointInterval is null ? null : Directory.CreateTempSubdirectory("ostream-bench");
        try
        {
            LocalCluster cluster = new(new LocalClusterOptions { Workers = parallelism });
            LocalJob running = cluster.Submit(
                $"latency-{sizes.Job.Name}",
                () => new WorkloadJob(paced, _ => new PacedSource(paced, rate), new LatencySink(histogram, warm)),
                new JobOptions
                {
                    Parallelism = parallelism,
                    Checkpointing = new CheckpointOptions { Interval = checkpointInterval, Directory = directory?.FullName },
                });
            running.WaitAsync().GetAwaiter().GetResult();
            JobStatus status = running.Status;
            cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return (histogram, status);
        }
        finally
        {
            directory?.Delete(recursive: true);
        }
    }
}
