using System.Diagnostics;
using System.Globalization;
using OrleansStream.Hosting;
using OrleansStream.State;

namespace OrleansStream.Bench.Commands;

/// <summary><c>keyed</c>: a keyed count by a process function over batches, by the same function with an object per key, and by a keyed grain; says how many records a second each takes.</summary>
public static class KeyedCommand
{
    /// <summary>Runs the command.</summary>
    /// <param name="args">What follows it.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where complaints go.</param>
    /// <returns>0, 1 when two ways gave different answers, or 2 for wrong use.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        if (BenchArguments.Parse(
            args, new Dictionary<string, string> { ["--parallelism"] = "2", ["--runs"] = "3", ["--keys"] = "1000", ["--n"] = "4000000", ["--grain-n"] = "400000" }, out string problem) is not { } options)
        {
            error.WriteLine(problem);
            return 2;
        }

        long keys = (long)options.Number("--keys");
        int parallelism = (int)options.Number("--parallelism");
        (string Name, KeyedExecution Execution, bool IsGrain, long Events)[] ways =
        [
            ("vectorized", KeyedExecution.Vectorized, false, (long)options.Number("--n")),
            ("function-per-key", KeyedExecution.Grain, false, (long)options.Number("--grain-n")),
            ("keyed-grain", KeyedExecution.Vectorized, true, (long)options.Number("--grain-n")),
        ];
        double[] best = new double[ways.Length];
        for (int run = 0; run <= (int)options.Number("--runs"); run++)
        {
            for (int i = 0; i < ways.Length; i++)
            {
                (string name, KeyedExecution execution, bool isGrain, long events) = ways[i];
                Tally tally = new();
                double seconds = Measure(keys, events, isGrain, tally, new JobOptions { Parallelism = parallelism, Keyed = new KeyedOptions { Execution = execution } });
                if (tally.Last != events)
                {
                    error.WriteLine($"execution={name}: {tally.Last} records were counted instead of {events}");
                    return 1;
                }

                double rate = events / seconds;
                // The first round warms up.
                best[i] = run == 0 ? 0 : Math.Max(best[i], rate);
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"execution={name} parallelism={parallelism} n={events} keys={keys} seconds={seconds:F2} rate={rate / 1e6:F3}M/s{(run == 0 ? " (warm-up)" : "")}"));
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"keyed parallelism={parallelism} keys={keys} {string.Join(' ', ways.Select((w, i) => $"{w.Name}={best[i] / 1e6:F3}M/s"))}"));
        return 0;
    }

    private static double Measure(long keys, long events, bool isGrain, Tally tally, JobOptions options)
    {
        LocalCluster cluster = new(new LocalClusterOptions { Workers = options.Parallelism!.Value });
        try
        {
            long began = Stopwatch.GetTimestamp();
            LocalJob job = cluster.Submit("keyed", () => new Job(keys, events, isGrain, tally), options);
            job.WaitAsync().GetAwaiter().GetResult();
            return Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
        finally
        {
            cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private sealed class Job(long keys, long events, bool isGrain, Tally tally) : IStreamJob
    {
        public void Define(StreamEnvironment env)
        {
            KeyedStream<long, long> keyed = env.FromSource(GeneratorSource.Of(i => i % keys, events)).KeyBy(i => i);
            (isGrain ? keyed.ProcessGrain(() => new CountingGrain()) : keyed.Process(new Counting()))
                .Filter(count =>
                {
                    tally.Add();
                    return count < 0;
                })
                .Print("negative");
        }
    }

    private sealed class Tally
    {
        private long _count;

        public long Last => Volatile.Read(ref _count);

        public void Add() => Interlocked.Increment(ref _count);
    }

    private sealed class Counting : KeyedProcessFunction<long, long, long>
    {
        private ValueState<long> _count = null!;

        public override void Open(OpenContext context) => _count = context.State.Value<long>("count");

        public override void Process(in long value, KeyedContext<long> context, Output<long> output)
        {
            long count = _count.GetOr(0) + 1;
            _count.Set(count);
            output.Emit(count);
        }
    }

    private sealed class CountingGrain : KeyGrain<long, long, long>
    {
        private ValueState<long> _count = null!;

        public override void Open(OpenContext context) => _count = context.State.Value<long>("count");

        public override ValueTask ProcessAsync(IReadOnlyList<long> batch, Output<long> output, CancellationToken cancel)
        {
            long count = _count.GetOr(0);
            for (int i = 0; i < batch.Count; i++)
            {
                _ = batch[i];
                output.Emit(++count);
            }

            _count.Set(count);
            return ValueTask.CompletedTask;
        }
    }
}
