using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>A map and the filter behind it run in one pass, which must not show.</summary>
public sealed class MapBeforeFilterTests
{
    private const int Records = 5_000;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1024)]
    public async Task What_a_filter_behind_a_map_keeps_is_what_it_keeps_alone(int batchSize)
    {
        await using LocalCluster cluster = new(new LocalClusterOptions { Workers = 1 });
        LocalJob job = cluster.Submit("together", () => new Job(i => $"v{i * 3}", v => v[^1] % 2 == 0), Options(batchSize));
        await job.WaitAsync();
        LocalJob apart = cluster.Submit("apart", () => new Job(i => $"v{i * 3}", v => v[^1] % 2 == 0, "apart"), Options(batchSize));
        await apart.WaitAsync();

        string[] expected = [.. Enumerable.Range(0, Records).Select(i => $"v{i * 3}").Where(v => v[^1] % 2 == 0)];
        Assert.Equal(expected, cluster.Collected<string>("kept"));
        Assert.Equal(expected, cluster.Collected<string>("apart"));
        Assert.Equal(Counts(apart), Counts(job));
        Assert.Contains((Records, (long)expected.Length), Counts(job));
    }

    [Theory]
    [InlineData(false, "'doubled'", "mapping the record 777")]
    [InlineData(true, "'chosen'", "filtering the record v777")]
    public async Task An_error_names_the_one_that_threw_and_its_record(bool inFilter, string name, string what)
    {
        await using LocalCluster cluster = new(new LocalClusterOptions { Workers = 1 });
        LocalJob job = cluster.Submit(
            "failing",
            () => new Job(
                i => !inFilter && i == 777 ? throw new FormatException("no") : $"v{i}",
                v => inFilter && v == "v777" ? throw new FormatException("no") : v[^1] % 2 == 0),
            Options(1024));
        UserCodeException error = await Assert.ThrowsAsync<UserCodeException>(() => job.WaitAsync());
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
    }

    private static JobOptions Options(int batchSize) => new() { Parallelism = 1, BatchSize = batchSize };

    private static (long In, long Out)[] Counts(LocalJob job) => [.. job.Status.Operators.Select(o => (o.RecordsIn, o.RecordsOut))];

    private sealed class Job(Func<long, string> map, Func<string, bool> filter, string output = "kept") : IStreamJob
    {
        public void Define(StreamEnvironment env)
        {
            OperatorStream<string> mapped = env.FromSource(GeneratorSource.Of(i => i, Records)).Map(map).WithName("doubled");
            OperatorStream<string> kept = mapped.Filter(filter).WithName("chosen");
            if (output == "apart")
            {
                // Nothing is fused across a chain's end.
                kept.StartNewChain();
            }

            kept.Collect(output);
        }
    }
}
