using System.Globalization;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>The keys that are named hot, beside the true counts.</summary>
public sealed class HotKeyTests
{
    /// <summary>Streams of which some keys have a given share: all that have much more than the least that is named are named, none that has much less, and no share is far from the truth.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void What_is_named_is_what_is_frequent(int seed)
    {
        Random random = new(seed);
        double[] shares = [.. Enumerable.Range(0, random.Next(5)).Select(_ => 0.03 + (random.NextDouble() * 0.12))];
        OperatorMetrics metrics = new("op", "uid");
        HotKeySampler<long> sampler = new(metrics, seed);
        Feed(sampler, 400_000, random, () =>
        {
            double draw = random.NextDouble();
            for (int hot = 0; hot < shares.Length; hot++)
            {
                draw -= shares[hot];
                if (draw < 0)
                {
                    return hot;
                }
            }

            return 1000 + random.NextInt64(100_000);
        });

        Assert.Equal(Enumerable.Range(0, shares.Length).Select(Text).Order(StringComparer.Ordinal), metrics.HotKeys.Select(k => k.Key).Order(StringComparer.Ordinal));
        foreach (HotKey hot in metrics.HotKeys)
        {
            Assert.InRange(hot.Share, shares[int.Parse(hot.Key, CultureInfo.InvariantCulture)] - 0.04, shares[int.Parse(hot.Key, CultureInfo.InvariantCulture)] + 0.04);
        }
    }

    [Fact]
    public void Even_keys_are_not_named()
    {
        Random random = new(8);
        OperatorMetrics metrics = new("op", "uid");
        Feed(new HotKeySampler<long>(metrics, 0), 500_000, random, () => random.NextInt64(10_000));

        Assert.Empty(metrics.HotKeys);
    }

    [Fact]
    public void A_key_that_is_hot_no_more_is_forgotten()
    {
        Random random = new(9);
        OperatorMetrics metrics = new("op", "uid");
        HotKeySampler<long> sampler = new(metrics, 0);
        Feed(sampler, 300_000, random, () => random.Next(2) == 0 ? 7 : random.NextInt64(10_000));
        Assert.Equal("7", Assert.Single(metrics.HotKeys).Key);

        Feed(sampler, 5_000_000, random, () => random.Next(2) == 0 ? 8 : random.NextInt64(10_000));

        Assert.Equal("8", Assert.Single(metrics.HotKeys).Key);
    }

    [Fact]
    public void The_status_of_a_job_names_them_over_all_subtasks()
    {
        Reading[] split = [.. Enumerable.Range(0, 60_000).Select(i => new Reading(i % 5 < 3 ? 1000 : i % 701, Reading.Start + i, 1))];
        SeededCluster cluster = new(4);
        SeededJob job = cluster.Submit(
            "skewed",
            env => env.FromSource(new ListSource<Reading>("readings", [split]), Reading.Watermarks)
                .KeyBy(r => r.Key).Aggregate(new KeyedJobs.SumOfReadings(), (key, sum) => (key, sum.Count)).WithUid("sums").Filter(_ => false).Map(r => $"{r.key}").Collect("out"),
            new JobOptions { Parallelism = 3 });
        job.RunToRunning();
        cluster.RunUntil(() => job.Outcome is not null || job.Status.Operators.SingleOrDefault(o => o.Uid == "sums") is { RecordsIn: 60_000 }, "all records");
        OperatorStatus sums = job.Status.Operators.Single(o => o.Uid == "sums");
        job.RunToEnd();

        HotKey hot = sums.HotKeys[0];
        Assert.Equal("1000", hot.Key);
        Assert.InRange(hot.Share, 0.5, 0.7);
    }

    private static string Text(int key) => key.ToString(CultureInfo.InvariantCulture);

    private static void Feed(HotKeySampler<long> sampler, int records, Random random, Func<long> next)
    {
        KeyHasher<long> hasher = KeyHasher.For<long>();
        for (int sent = 0; sent < records;)
        {
            long[] keys = [.. Enumerable.Range(0, 1 + random.Next(1024)).Select(_ => next())];
            ulong[] hashes = new ulong[keys.Length];
            hasher.HashAll(keys, hashes);
            sampler.Look(new KeyRun<long>(keys, hashes));
            sent += keys.Length;
        }
    }
}
