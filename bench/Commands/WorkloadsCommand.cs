using System.Globalization;
using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Commands;

/// <summary><c>workloads</c>: measures the jobs on each engine, runs of the engines alternating, and compares them.</summary>
public static class WorkloadsCommand
{
    private const double WarmUpSeconds = 3;
    private const double RunSeconds = 5;

    /// <summary>Exit code 2 for a wrong option, 1 when two runs of a job gave different answers.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        string[] allowed = ["--job", "--parallelism", "--n", "--keys", "--rate", "--runs", "--engine"];
        if (WorkloadOptions.Parse(args, allowed, out string problem) is not { } options)
        {
            error.WriteLine(problem);
            return 2;
        }

        bool differs = false;
        foreach (Workload job in options.Jobs)
        {
            foreach (IWorkloadEngine engine in options.Engines.Where(e => !e.Supports(job)))
            {
                Print(output, $"engine={engine.Name} job={job.Name} not available");
            }

            WorkloadOptions able = options with { Engines = [.. options.Engines.Where(e => e.Supports(job))] };
            differs |= able.Engines.Count > 0 && !Measure(job, able, output, error);
        }

        return differs ? 1 : 0;
    }

    private static bool Measure(Workload job, WorkloadOptions options, TextWriter output, TextWriter error)
    {
        WorkloadParameters sizes = options.Sizes(job);
        double fastest = options.Engines.Max(engine => WarmUp(engine, sizes));
        if (options.Events is null)
        {
            // A tenth more than the warm-up's best rate asks for, so that the runs are not shorter than meant.
            long wanted = Math.Max(sizes.Events, (long)(1.1 * RunSeconds * fastest));
            sizes = sizes with { Events = WorkloadParameters.RoundUp(wanted, 100_000 * sizes.EventsUnit) };
        }

        WorkloadResult[][] results = [.. options.Engines.Select(_ => new WorkloadResult[options.Runs])];
        for (int run = 0; run < options.Runs; run++)
        {
            for (int e = 0; e < options.Engines.Count; e++)
            {
                WorkloadResult result = RunOnce(options.Engines[e], sizes);
                results[e][run] = result;
                Print(output, $"engine={options.Engines[e].Name} job={job.Name} parallelism={sizes.Parallelism} n={sizes.Events} keys={sizes.Keys} seconds={result.Seconds:F2} rate={Rate(sizes, result):F2}M/s count={result.Count} sum=0x{result.Sum:x16}");
            }
        }

        for (int e = 0; e < options.Engines.Count; e++)
        {
            double[] rates = [.. results[e].Select(r => Rate(sizes, r)).Order()];
            Print(output, $"engine={options.Engines[e].Name} job={job.Name} parallelism={sizes.Parallelism} best={rates[^1]:F2}M/s median={rates[rates.Length / 2]:F2}M/s");
        }

        for (int e = 1; e < options.Engines.Count; e++)
        {
            Compare(output, sizes, options.Engines[0].Name, results[0], options.Engines[e].Name, results[e]);
        }

        bool same = results.SelectMany(r => r).Select(r => (r.Count, r.Sum)).Distinct().Count() == 1;
        if (!same)
        {
            error.WriteLine($"job={job.Name}: the runs above did not give the same count and sum");
        }

        return same;
    }

    /// <summary>Runs until the code has been warm for the time asked for; gives the best rate seen, in events per second.</summary>
    private static double WarmUp(IWorkloadEngine engine, WorkloadParameters sizes)
    {
        double best = 0;
        for (double seconds = 0; seconds < WarmUpSeconds;)
        {
            WorkloadResult result = engine.Run(sizes);
            seconds += result.Seconds;
            best = Math.Max(best, sizes.Events / result.Seconds);
        }

        return best;
    }

    private static WorkloadResult RunOnce(IWorkloadEngine engine, WorkloadParameters sizes)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return engine.Run(sizes);
    }

    /// <summary>The ratio of the best rates: how much of the first engine's speed the second reaches.</summary>
    private static void Compare(
        TextWriter output, WorkloadParameters sizes, string limitName, WorkloadResult[] limit, string name, WorkloadResult[] measured)
    {
        double limitNs = 1e9 * limit.Min(r => r.Seconds) / sizes.Events;
        double ns = 1e9 * measured.Min(r => r.Seconds) / sizes.Events;
        double bytes = (double)measured.Min(r => r.AllocatedBytes) / sizes.Events;
        Print(output, $"job={sizes.Job.Name} ratio={limitNs / ns:F3} {name}_ns={ns:F2} {limitName}_ns={limitNs:F2} allocated_bytes_per_record={bytes:F3}");
    }

    /// <summary>Million events per second.</summary>
    private static double Rate(WorkloadParameters sizes, WorkloadResult result) => sizes.Events / result.Seconds / 1e6;

    private static void Print(TextWriter output, FormattableString line)
    {
        output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        output.Flush();
    }
}
