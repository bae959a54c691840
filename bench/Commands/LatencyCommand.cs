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
            args, new Dictionary<string, string> { ["--job"] = "all", ["--parallelism"] = "2", ["--share"] = "0.5", ["--seconds"] = "10", ["--keys"] = "1000000" },
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
        foreach (string job in jobs)
        {
            WorkloadParameters sizes = WorkloadParameters.Default(Workload.Find(job)!, parallelism) with { Keys = WorkloadParameters.RoundUp((long)options.Number("--keys"), parallelism) };
            OrleansStreamEngine engine = new();
            engine.Run(sizes);
            double maximum = Enumerable.Range(0, 3).Max(_ => sizes.Events / engine.Run(sizes).Seconds);
            foreach (bool checkpoints in (bool[])[false, true])
            {
                Measure(sizes, maximum, options.Number("--share"), options.Number("--seconds"), checkpoints, output);
            }
        }

        return 0;
    }

    private static void Measure(WorkloadParameters sizes, double maximum, double share, double seconds, bool checkpoints, TextWriter output)
    {
        int parallelism = sizes.Parallelism;
        LatencyHistogram histogram = new(parallelism);
        double rate = maximum * share;
        WorkloadParameters paced = sizes with { Events = WorkloadParameters.RoundUp((long)(rate * (seconds + WarmUpSeconds)), parallelism) };
        long warm = PacedSource.NowNs + (long)(WarmUpSeconds * 1e9);
        DirectoryInfo? directory = checkpoints ? Directory.CreateTempSubdirectory("ostream-bench") : null;
        try
        {
            LocalCluster cluster = new(new LocalClusterOptions { Workers = parallelism });
            LocalJob running = cluster.Submit(
                $"latency-{sizes.Job.Name}",
                () => new WorkloadJob(paced, _ => new PacedSource(paced, rate), new LatencySink(histogram, warm)),
                new JobOptions
                {
                    Parallelism = parallelism,
                    Checkpointing = new CheckpointOptions { Interval = checkpoints ? TimeSpan.FromSeconds(1) : null, Directory = directory?.FullName },
                });
            running.WaitAsync().GetAwaiter().GetResult();
            JobStatus status = running.Status;
            cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"latency job={sizes.Job.Name} parallelism={parallelism} keys={sizes.Keys} maximum={maximum / 1e6:F2}M/s rate={rate / 1e6:F2}M/s seconds={seconds} checkpoints={(checkpoints ? "1s" : "off")} batch=1024 buffer-timeout=10ms p50={histogram.PercentileMs(0.5):F2}ms p99={histogram.PercentileMs(0.99):F2}ms p999={histogram.PercentileMs(0.999):F2}ms max={histogram.PercentileMs(1):F2}ms stall_cpu={status.LongestStallNs / 1e6:F2}ms stall_wall={status.LongestStallWallNs / 1e6:F2}ms"));
        }
        finally
        {
            directory?.Delete(recursive: true);
        }
    }
}
