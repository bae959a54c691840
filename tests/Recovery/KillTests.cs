using System.Globalization;
using Xunit.Abstractions;

namespace OrleansStream.Recovery;

/// <summary>
/// The process is killed at random instants and started again until it is done: its committed output is that of a run without a failure. <c>OSTREAM_KILLS=20</c> kills that often, in runs of ten
/// seconds; <c>OSTREAM_SEED</c> repeats the instants of an earlier run.
/// </summary>
public sealed class KillTests(ITestOutputHelper log)
{
    private const double StartSeconds = 0.7;

    [Fact]
    public async Task Output_after_kills_is_that_of_a_run_without()
    {
        string? wanted = Environment.GetEnvironmentVariable("OSTREAM_KILLS");
        int kills = int.Parse(wanted ?? "3", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("OSTREAM_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        (int repeat, double seconds, string interval) = wanted is null ? (5, 2.0, "100ms") : (25, 10.0, "1s");
        Say($"seed {seed} (OSTREAM_SEED repeats it), {kills} kills in runs of {seconds} s");
        IReadOnlyList<string> expected = ExpectedDelays.Of(repeat);
        await RequireWholeRunAsync(repeat, expected);

        Random random = new(seed);
        string[] arguments = ["--repeat", $"{repeat}", "--rate", FlightsRun.Number(repeat * 20_000 / seconds), "--checkpointing.interval", interval, "--progress", "none"];
        int killed = 0;
        for (int run = 1; killed < kills; run++)
        {
            using FlightsRun flights = new(arguments);
            bool done = false;
            for (int start = 1; !done; start++)
            {
                // The first start of a run is always hit; one of two resumed ones goes on to its end.
                TimeSpan instant = TimeSpan.FromSeconds(random.NextDouble() * (StartSeconds + seconds));
                bool shoot = start == 1 || random.Next(2) == 0;
                using TestProcess process = flights.Start(start == 1 ? [] : ["--resume"]);
                if (shoot && await process.KillAfterAsync(instant))
                {
                    killed++;
                    Say($"run {run}, start {start}: killed after {instant.TotalMilliseconds:0} ms, {flights.CommittedFiles().Length} files committed ({killed} kills)");
                    continue;
                }

                int exit = await process.WaitForExitAsync();
                Assert.True(exit == 0, $"Seed {seed}, run {run}, start {start} ended with {exit}:\n{process.Errors}");
                done = true;
            }

            flights.RequireOutput(expected);
            Say($"run {run}: output exact, {expected.Count} rows");
        }
    }

    private static async Task RequireWholeRunAsync(int repeat, IReadOnlyList<string> expected)
    {
        using FlightsRun whole = new("--repeat", $"{repeat}");
        using TestProcess process = await whole.RunAsync();
        Assert.True(process.HasExited && process.Errors.Contains("finished", StringComparison.Ordinal), process.Errors);
        whole.RequireOutput(expected);
    }

    private void Say(string line)
    {
        log.WriteLine(line);
        Console.WriteLine(line);
    }
}
