using OrleansStream.Engine.Jobs;

namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>The promise of determinism: equal results over batch sizes, parallelism 1 to 8 and seeds, without late records; with late ones for one split and exact watermarks.</summary>
public sealed class DeterminismTests
{
    public static TheoryData<string> Jobs => [.. new[] { KeyedJobs.States(), KeyedJobs.Connected(), WindowJobs.Tumbling(), WindowJobs.Sliding(), WindowJobs.Nested(), WindowJobs.Late() }.Select(j => j.Name)];

    [Theory]
    [MemberData(nameof(Jobs))]
    public void Results_are_equal_over_batch_sizes_parallelism_and_seeds(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.VerifyWhole(job.Define, job.Expected, job.Options with { Parallelisms = [1, 2, 3, 4, 5, 6, 7, 8], FirstSeed = 77 });
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void Results_are_equal_over_any_rescaling_in_flight(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        GoldenOptions options = job.Options with { Rescales = [(1, 8), (8, 1), (4, 7), (5, 2)], BatchSizes = [7, 1024], FirstSeed = 78 };
        Golden.VerifyKilled(job.Define, job.Expected, options);
        Golden.VerifyStopped(job.Define, job.Expected, options);
    }

    /// <summary>However watermarks and records interleave, each record is in a result, late or counted as dropped, once.</summary>
    [Fact]
    public void Every_record_is_in_exactly_one_of_result_late_output_and_late_counter()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            SeededRandom random = new(seed);
            Reading[][] splits = [.. Enumerable.Range(0, 3).Select(s => Enumerable.Range(0, 200).Select(i => new Reading(random.Next(5), Reading.Start + (i * 10) - random.Next(400), 1)).ToArray())];
            bool withOutput = seed % 2 == 0;
            OutputTag<Reading> late = new("late");
            SeededCluster cluster = new(seed, null, new SeededOptions { StepsPerMs = 5 });
            SeededJob running = cluster.Submit(
                "late",
                env =>
                {
                    WindowedStream<int, Reading> windowed = env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
                        .KeyBy(r => r.Key).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100)));
                    OperatorStream<string> windows = (withOutput ? windowed.SideOutputLate(late) : windowed)
                        .Aggregate(new KeyedJobs.SumOfReadings(), (_, _, result) => $"{result.Count}").WithUid("windows");
                    windows.Collect("out");
                    if (withOutput)
                    {
                        windows.GetSideOutput(late).Map(_ => "1").Collect("late").WithUid("late");
                    }
                },
                new JobOptions { Parallelism = 1 + (seed % 4), BatchSize = seed % 3 == 0 ? 7 : 64, WatermarkInterval = seed % 2 == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(1) });
            Assert.Equal(JobState.Finished, running.RunToEnd().State);
            long dropped = running.Status.Operators.Single(o => o.Uid == "windows").LateDropped;
            int inResults = cluster.Results.Get<string>("out").Sum(v => int.Parse(v, System.Globalization.CultureInfo.InvariantCulture));
            int inLate = cluster.Results.Get<string>("late").Count;
            Assert.Equal(600, inResults + inLate + dropped);
            Assert.True(withOutput ? dropped == 0 : inLate == 0);
        }
    }
}
