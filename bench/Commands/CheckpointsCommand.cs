using System.Globalization;
using OrleansStream.Bench.Workloads;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Bench.Commands;

/// <summary><c>checkpoints</c>: runs `keyed-sum` with checkpoints off and on, in turn, and says what they cost and how long they stall a subtask.</summary>
public static class CheckpointsCommand
{
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
            args, new Dictionary<string, string> { ["--parallelism"] = "2", ["--runs"] = "3", ["--seconds"] = "10", ["--keys"] = "1000000", ["--interval-ms"] = "1000" },
            out string problem) is not { } options)
        {
            error.WriteLine(problem);
            return 2;
        }

        int parallelism = (int)options.Number("--parallelism");
        WorkloadParameters sizes = WorkloadParameters.Default(Workload.Find("keyed-sum")!, parallelism) with { Keys = (long)options.Number("--keys") };
        JobOptions off = new();
        OrleansStreamEngine.Run(sizes, off);
        double rate = Enumerable.Range(0, 2).Max(_ => sizes.Events / OrleansStreamEngine.Run(sizes, off).Seconds);
        sizes = sizes with { Events = WorkloadParameters.RoundUp((long)(rate * options.Number("--seconds")), sizes.EventsUnit) };
        double bestOff = 0;
        double bestOn = 0;
        List<double> costs = [];
        for (int run = 0; run < (int)options.Number("--runs"); run++)
        {
            // In turns, so that a machine that slows down for a while slows both down; each is first half of the time.
            TimeSpan interval = TimeSpan.FromMilliseconds(options.Number("--interval-ms"));
            double first = Measure(sizes, run % 2 == 0 ? null : interval, output);
            double second = Measure(sizes, run % 2 == 0 ? interval : null, output);
            (double without, double with) = run % 2 == 0 ? (first, second) : (second, first);
            bestOff = Math.Max(bestOff, without);
            bestOn = Math.Max(bestOn, with);
            costs.Add(1 - (with / without));
        }

        costs.Sort();

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"checkpoints job=keyed-sum parallelism={parallelism} keys={sizes.Keys} off={bestOff:F2}M/s on={bestOn:F2}M/s cost={(1 - (bestOn / bestOff)) * 100:F1}% pairs={costs.Count} median_cost={costs[costs.Count / 2] * 100:F1}%"));
        return 0;
    }

    private static double Measure(WorkloadParameters sizes, TimeSpan? interval, TextWriter output)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("ostream-bench");
        try
        {
            WorkloadResult result = OrleansStreamEngine.Run(
                sizes, new JobOptions { Checkpointing = new CheckpointOptions { Interval = interval, Directory = directory.FullName } });
            JobStatus status = OrleansStreamEngine.Last!;
            double rate = sizes.Events / result.Seconds / 1e6;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"checkpoints={(interval is null ? "off" : $"{interval.Value.TotalMilliseconds}ms")} n={sizes.Events} keys={sizes.Keys} seconds={result.Seconds:F2} rate={rate:F2}M/s last={status.LastCheckpoint} stall_cpu={status.LongestStallNs / 1e6:F2}ms stall_wall={status.LongestStallWallNs / 1e6:F2}ms sum=0x{result.Sum:x16}"));
            return rate;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
