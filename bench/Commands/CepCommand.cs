using System.Diagnostics;
using System.Globalization;
using OrleansStream.Bench.Workloads;
using OrleansStream.Hosting;

namespace OrleansStream.Bench.Commands;

/// <summary><c>cep</c>: events per second for a pattern of three steps over many keys, beside a loop that looks for the same pattern by hand; both must find as many matches.</summary>
public static class CepCommand
{
    private const long Rate = 1000;
    private const long WithinMs = 1000;
    private const long FirstBelow = 300;
    private const long ThirdFrom = 700;

    /// <summary>Runs the command.</summary>
    /// <param name="args">What follows it.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where complaints go.</param>
    /// <returns>0; 1 if the counts differ; 2 for wrong use.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        if (BenchArguments.Parse(
            args, new Dictionary<string, string> { ["--n"] = "10000000", ["--keys"] = "100000", ["--parallelism"] = "1", ["--runs"] = "3" }, out string problem) is not { } options)
        {
            error.WriteLine(problem);
            return 2;
        }

        int parallelism = (int)options.Number("--parallelism");
        WorkloadParameters sizes = new(
            Workload.Find("tumbling")!, WorkloadParameters.RoundUp((long)options.Number("--n"), parallelism),
            WorkloadParameters.RoundUp((long)options.Number("--keys"), parallelism), Rate, parallelism);
        if (sizes.Problems() is { Count: > 0 } problems)
        {
            error.WriteLine(string.Join("; ", problems));
            return 2;
        }

        (long expected, double loop) = Loop(sizes);
        double best = double.MaxValue;
        long allocated = 0;
        for (int run = 0; run < options.Number("--runs"); run++)
        {
            WorkloadTally tally = new(parallelism);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            double seconds = Once(sizes, tally);
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            best = Math.Min(best, seconds);
            if (tally.Count != expected)
            {
                error.WriteLine($"cep: {tally.Count} matches, but the loop finds {expected}");
                return 1;
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"cep events={sizes.Events} keys={sizes.Keys} parallelism={parallelism} within={WithinMs}ms matches={expected} ours={sizes.Events / best / 1e6:F2}M/s loop={sizes.Events / loop / 1e6:F2}M/s ratio={loop / best:F2} bytes/event={(double)allocated / sizes.Events:F1}"));
        return 0;
    }

    private static double Once(WorkloadParameters sizes, WorkloadTally tally)
    {
        LocalCluster cluster = new(new LocalClusterOptions { Workers = sizes.Parallelism });
        try
        {
            LocalJob job = cluster.Submit(
                "cep", () => new CepJob(sizes, tally), new JobOptions { Parallelism = sizes.Parallelism, WatermarkInterval = TimeSpan.FromMilliseconds(5) });
            job.WaitAsync().GetAwaiter().GetResult();
            return Stopwatch.GetElapsedTime(tally.FirstEvent).TotalSeconds;
        }
        finally
        {
            cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    // One thread, whatever the parallelism: each event moves the partial matches of its key.
    private static (long Matches, double Seconds) Loop(WorkloadParameters sizes)
    {
        EventSource[] sources = [.. Enumerable.Range(0, sizes.Parallelism).Select(source => new EventSource(sizes, source))];
        Dictionary<long, List<(long Start, bool HasSecond)>> partial = [];
        long matches = 0;
        long began = Stopwatch.GetTimestamp();
        foreach (EventSource source in sources)
        {
            while (source.TryNext(out WorkloadEvent next))
            {
                if (!partial.TryGetValue(next.Key, out List<(long Start, bool HasSecond)>? open))
                {
                    partial.Add(next.Key, open = []);
                }

                int kept = 0;
                for (int i = 0; i < open.Count; i++)
                {
                    (long start, bool hasSecond) = open[i];
                    if (next.Time - start >= WithinMs)
                    {
                        continue;
                    }

                    if (hasSecond && next.Value >= ThirdFrom)
                    {
                        matches++;
                        continue;
                    }

                    open[kept++] = (start, hasSecond || (next.Value >= FirstBelow && next.Value < ThirdFrom));
                }

                open.RemoveRange(kept, open.Count - kept);
                if (next.Value < FirstBelow)
                {
                    open.Add((next.Time, false));
                }
            }
        }

        return (matches, Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private sealed class CepJob(WorkloadParameters sizes, WorkloadTally tally) : IStreamJob
    {
        public void Define(StreamEnvironment env) => env.FromSource(new WorkloadSource(sizes, tally), WatermarkStrategy.Monotonous<WorkloadEvent>())
            .KeyBy(e => e.Key)
            .Match(Pattern.Begin<WorkloadEvent>("first").Where(e => e.Value < FirstBelow)
                .FollowedBy("second").Where(e => e.Value is >= FirstBelow and < ThirdFrom)
                .FollowedBy("third").Where(e => e.Value >= ThirdFrom)
                .Within(TimeSpan.FromMilliseconds(WithinMs)))
            .Select(match => new WorkloadOutput(match["first"][0].Key, match["first"][0].Time, match["third"][0].Time))
            .SinkTo(new WorkloadSink(tally));
    }
}
