namespace OrleansStream.Recovery;

/// <summary>Stopping by signal, going on, and two processes on one checkpoint directory.</summary>
public sealed class StopTests
{
    private const int Repeat = 4;
    private static readonly string[] s_slow = ["--repeat", "4", "--rate", "20000", "--checkpointing.interval", "100ms"];
    private static readonly IReadOnlyList<string> s_expected = ExpectedDelays.Of(Repeat);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_signal_stops_with_a_checkpoint_from_which_resume_goes_on(bool terminate)
    {
        using FlightsRun flights = new(s_slow);
        using TestProcess first = await StartAndCommitAsync(flights);
        if (terminate)
        {
            first.Terminate();
        }
        else
        {
            first.Interrupt();
        }

        Assert.True(await first.WaitForExitAsync() == 0, first.Errors);
        Assert.Contains("was stopped with checkpoint FlightDelays/chk-", first.Errors, StringComparison.Ordinal);
        Assert.NotEqual(s_expected.Count, flights.CommittedFiles().SelectMany(File.ReadLines).Count());

        using TestProcess fresh = await flights.RunAsync();
        Assert.Equal(2, await fresh.WaitForExitAsync());
        Assert.Contains("--resume", fresh.Errors, StringComparison.Ordinal);
        Assert.Contains("--overwrite", fresh.Errors, StringComparison.Ordinal);

        using TestProcess second = await flights.RunAsync("--resume");
        Assert.Equal(0, await second.WaitForExitAsync());
        flights.RequireOutput(s_expected);
        Assert.Contains("BMI     2001-02-25 14:00        1   522.00    522", second.Output, StringComparison.Ordinal);

        using TestProcess third = await flights.RunAsync("--resume");
        Assert.Equal(0, await third.WaitForExitAsync());
        flights.RequireOutput(s_expected);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_stopped_job_goes_on_with_another_parallelism(int parallelism)
    {
        using FlightsRun flights = new(s_slow);
        using TestProcess first = await StartAndCommitAsync(flights, "--parallelism", "2");
        first.Interrupt();
        Assert.True(await first.WaitForExitAsync() == 0, first.Errors);

        using TestProcess second = await flights.RunAsync("--resume", "--parallelism", $"{parallelism}");
        Assert.True(await second.WaitForExitAsync() == 0, second.Errors);
        flights.RequireOutput(s_expected);
    }

    [Fact]
    public async Task A_second_signal_cancels_and_resume_goes_on_all_the_same()
    {
        using FlightsRun flights = new(s_slow);
        using TestProcess first = await StartAndCommitAsync(flights);
        first.Interrupt();
        first.Interrupt();
        Assert.InRange(await first.WaitForExitAsync(), 0, 1);

        using TestProcess second = await flights.RunAsync("--resume");
        Assert.True(await second.WaitForExitAsync() == 0, second.Errors);
        flights.RequireOutput(s_expected);
    }

    [Fact]
    public async Task A_second_process_takes_over_and_the_first_says_who_did()
    {
        // The first would take sixteen seconds, so that it is still at it when the second has started.
        using FlightsRun flights = new("--repeat", $"{Repeat}", "--checkpointing.interval", "100ms");
        using TestProcess first = await StartAndCommitAsync(flights, "--rate", "5000");
        using TestProcess second = flights.Start("--resume");

        Assert.True(await first.WaitForExitAsync() == 1, first.Errors);
        Assert.Contains($"process {second.Id} on ", first.Errors, StringComparison.Ordinal);
        Assert.True(await second.WaitForExitAsync() == 0, second.Errors);
        flights.RequireOutput(s_expected);
    }

    [Fact]
    public async Task Overwrite_begins_anew()
    {
        using FlightsRun flights = new("--repeat", $"{Repeat}");
        using TestProcess first = await flights.RunAsync();
        using TestProcess second = await flights.RunAsync("--overwrite");
        Assert.True(await second.WaitForExitAsync() == 0, second.Errors);
        flights.RequireOutput(s_expected);
    }

    private static async Task<TestProcess> StartAndCommitAsync(FlightsRun flights, params string[] more)
    {
        TestProcess process = flights.Start(more);
        await process.WaitUntilAsync(() => flights.CommittedFiles().Length > 0, "the first committed file");
        return process;
    }
}
