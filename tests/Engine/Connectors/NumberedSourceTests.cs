namespace OrleansStream.Engine.Tests.Connectors;

public sealed class NumberedSourceTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 4)]
    [InlineData(10, 3)]
    [InlineData(3000, 2)]
    public void A_generator_makes_each_number_once(int count, int splits)
    {
        GeneratorSource<long> source = GeneratorSource.Of(n => n, count).WithSplits(splits);
        Assert.True(source.IsBounded);
        Assert.Equal(Enumerable.Range(0, count).Select(n => (long)n), ReaderHarness<long>.ReadAll(source).Values.Order());
    }

    [Fact]
    public void A_generator_has_as_many_splits_as_subtasks_unless_told()
    {
        GeneratorSource<long> source = GeneratorSource.Unbounded(n => n);
        Assert.False(source.IsBounded);
        using ReaderHarness<long> harness = new(source, new TestSourceContext(0, 3));
        Assert.Equal(["numbers 0 of 3", "numbers 1 of 3", "numbers 2 of 3"], harness.Discover(source).Select(s => s.Id));
        Assert.Single(harness.Discover(source.WithSplits(1)));
        harness.Add([harness.Discover(source)[1]]);
        harness.Poll(3);
        Assert.Equal([1, 4, 7], harness.Values);
    }

    [Fact]
    public void Numbers_read_with_random_stops_are_the_whole()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            Random random = new(seed);
            int count = random.Next(0, 60);
            GeneratorSource<long> source = GeneratorSource.Of(n => n * n, count).WithSplits(random.Next(1, 5));
            List<long> values = [];
            using ReaderHarness<long> first = new(source);
            List<SourceSplit> splits = [.. first.Discover(source)];
            while (splits.Count > 0)
            {
                using ReaderHarness<long> harness = new(source);
                harness.Add(splits);
                for (int polls = random.Next(1, 5); polls > 0 && !harness.HasEnded; polls--)
                {
                    harness.Poll(random.Next(1, 6));
                }

                values.AddRange(harness.Values);
                splits = harness.Snapshot();
            }

            Assert.Equal(Enumerable.Range(0, count).Select(n => (long)n * n), values.Order());
        }
    }

    [Fact]
    public void A_collection_keeps_its_order_and_timestamps()
    {
        ReaderHarness<string> harness = ReaderHarness<string>.ReadAll(MemorySource.Of([("a", 10L), ("b", 5L)]));
        Assert.Equal(["a", "b"], harness.Values);
        Assert.Equal([10, 5], harness.Timestamps);

        ReaderHarness<int> plain = ReaderHarness<int>.ReadAll(MemorySource.Of(Enumerable.Range(0, 5000).Where(n => n % 2 == 0)).WithSplits(3));
        Assert.Equal(Enumerable.Range(0, 2500).Select(n => n * 2), plain.Values.Order());
        Assert.All(plain.Timestamps, t => Assert.Equal(Batch<int>.NoTimestamp, t));
    }

    [Fact]
    public void A_collection_that_has_become_shorter_is_refused()
    {
        MemorySource<int> source = MemorySource.Of([1, 2, 3]);
        using ReaderHarness<int> harness = new(source);
        harness.Add(harness.Discover(source)).Poll(2);
        using ReaderHarness<int> shorter = new(MemorySource.Of([1]));
        StateRestoreException e = Assert.Throws<StateRestoreException>(() => shorter.Add(harness.Snapshot()));
        Assert.Contains("has 1 records, but the checkpoint has read 2", e.Message, StringComparison.Ordinal);
        Assert.Throws<StateRestoreException>(() => shorter.Add([new SourceSplit("flights.jsonl")]));
    }
}
