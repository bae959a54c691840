using OrleansStream.Connectors;
using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

public sealed class ThrottleTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(3)]
    [InlineData(1000)]
    [InlineData(123456.7)]
    public void It_lets_through_the_rate_when_it_is_called_when_it_says(double rate)
    {
        Throttle throttle = new(rate);
        long now = 5000;
        long taken = 0;
        while (now < 5000 + 10_000)
        {
            int got = throttle.Available(now, 1_000_000);
            throttle.Take(got);
            taken += got;
            Assert.InRange(taken, 0, (rate * (now - 5000) / 1000) + 1e-3);
            Assert.True(throttle.NextMs > now);
            now = throttle.NextMs;
        }

        Assert.InRange(taken, (rate * 10) - (rate / 1000) - 1, rate * 10);
    }

    [Fact]
    public void It_catches_up_by_a_second_at_most_and_a_clock_set_back_holds_nothing_up()
    {
        Throttle throttle = new(100);
        Assert.Equal(0, throttle.Available(0, 1000));
        Assert.Equal(100, throttle.Available(3_600_000, 1000));
        throttle.Take(100);
        Assert.Equal(0, throttle.Available(0, 1000));
        Assert.Equal(50, throttle.Available(500, 1000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_rate_that_is_none_is_refused(double rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FileSource.Lines("x").Throttle(rate));

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 2)]
    [InlineData(8, 4)]
    public void Files_are_read_at_the_rate_over_all_subtasks_that_have_some(int files, int parallelism)
    {
        using TemporaryFolder folder = new();
        for (int i = 0; i < files; i++)
        {
            File.WriteAllLines(folder.File($"{i}.txt"), Enumerable.Range(0, 1000).Select(n => $"{n}"));
        }

        FileSource<string> source = FileSource.Lines(folder.Path).Throttle(200);
        List<ReaderHarness<string>> readers = [.. Enumerable.Range(0, parallelism).Select(i => new ReaderHarness<string>(source, new TestSourceContext(i, parallelism)))];
        IReadOnlyList<SourceSplit> splits = readers[0].Discover(source);
        for (int i = 0; i < splits.Count; i++)
        {
            readers[i % parallelism].Add([splits[i]]);
        }

        long start = readers[0].Context.NowMs;
        for (long now = start; now <= start + 2000; now++)
        {
            foreach (ReaderHarness<string> reader in readers)
            {
                reader.Context.NowMs = now;
                reader.ReadAvailable();
            }
        }

        Assert.Equal(400, readers.Sum(r => r.Values.Count));
        readers.ForEach(r => r.Dispose());
    }

    [Fact]
    public void A_generator_keeps_its_rate_over_its_splits()
    {
        GeneratorSource<long> source = GeneratorSource.Unbounded(n => n, 100).WithSplits(4);
        using ReaderHarness<long> harness = new(source);
        harness.Add(harness.Discover(source));
        long start = harness.Context.NowMs;
        harness.ReadAvailable();
        Assert.Empty(harness.Values);
        while (harness.Context.WakeAtMs <= start + 10_000)
        {
            harness.Context.NowMs = harness.Context.WakeAtMs;
            harness.Context.WakeAtMs = long.MaxValue;
            harness.ReadAvailable();
        }

        Assert.Equal(1000, harness.Values.Count);
    }
}
