using OrleansStream.Bench.Commands;

namespace OrleansStream.Bench.Tests;

public class WorkloadOptionsTests
{
    [Theory]
    [InlineData("--jobs", "sliding", "--jobs")]
    [InlineData("--job", "slidding", "sliding-100")]
    [InlineData("--engine", "theirs", "loop")]
    [InlineData("--parallelism", "0", "1 to 256")]
    [InlineData("--runs", "many", "positive")]
    [InlineData("--n", "1000001", "multiple of 2")]
    [InlineData("--keys", "-4", "--keys")]
    public void Workloads_with_a_wrong_option_exits_with_2_and_names_it(string option, string value, string named)
    {
        StringWriter error = new();
        int exit = WorkloadsCommand.Run([option, value], TextWriter.Null, error);
        Assert.Equal(2, exit);
        Assert.Contains(option, error.ToString(), StringComparison.Ordinal);
        Assert.Contains(named, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_without_a_value_exits_with_2_and_names_it()
    {
        StringWriter error = new();
        Assert.Equal(2, CheckCommand.Run(["--job"], TextWriter.Null, error));
        Assert.Contains("--job needs a value", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Default_keys_are_raised_to_a_multiple_of_the_parallelism()
    {
        WorkloadOptions options = WorkloadOptions.Parse(["--parallelism", "3"], ["--parallelism"], out _)!;
        Assert.All(options.Jobs, job => Assert.Empty(options.Sizes(job).Problems()));
    }
}
