using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace OrleansStream.Recovery;

/// <summary>
/// The process is killed at random instants and started again until it is done: its committed output is that of a run without a failure. <c>OSTEST_KILLS=20</c> kills that often, in runs of ten
/// seconds; <c>OSTEST_SEED</c> repeats the instants of an earlier run.
/// </summary>
public sealed class KillTests(ITestOutputHelper log)
{
    [Fact]
    public async Task Output_after_kills_is_that_of_a_run_without()
    {
        string? wanted = Environment.GetEnvironmentVariable("OSTEST_KILLS");
        int kills = int.Parse(wanted ?? "3", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("OSTEST_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        (int repeat, double seconds, string interval) = wanted is null ? (5, 2.0, "100ms") : (25, 10.0, "1s");
        Say($"seed {seed} (OSTEST_SEED repeats it), {kills} kills in runs of {seconds} s");
        IReadOnlyList<string> expected = ExpectedDelays.Of(repeat);
        string[] arguments = ["--repeat", $"{repeat}", "--rate", FlightsRun.Number(repeat * 20_000 / seconds), "--checkpointing.interval", interval, "--progress", "none"];
        TimeSpan whole = await RequireWholeRunAsync(arguments, expected);
        Say($"a whole run took {whole.TotalSeconds:0.0} s");

        Random random = new(seed);
        int killed = 0;
        for (int run = 1; killed < kills; run++)
        {
            using FlightsRun flights = new(arguments);
            bool done = false;
            for (int start = 1; !done; start++)
            {
                // The first start of a run is always hit; one of two resumed ones goes on to its end.
                double part = random.NextDouble();
                bool shoot = start == 1 || random.Next(2) == 0;
                bool afterCommit = killed % 2 == 0;
                int before = flights.CommittedFiles().Length;
                // Barriers overtake in every other start, so that both kinds of checkpoint are killed and resumed from.
                using TestProcess process = flights.Start(
                    [.. start == 1 ? Array.Empty<string>() : ["--resume"], "--checkpointing.unaligned", start % 2 == 1 ? "true" : "false"]);
                if (shoot)
                {
                    // Every other kill comes at any time from the start on; the rest when something was committed, so that short runs are hit where it hurts.
                    TimeSpan instant = part * whole;
                    if (afterCommit)
                    {
                        instant *= 0.5;
                        await process.WaitUntilAsync(() => process.HasExited || flights.CommittedFiles().Length > before, "a commit");
                    }

                    if (await process.KillAfterAsync(instant))
                    {
                        killed++;
                        Say($"run {run}, start {start}: killed {instant.TotalMilliseconds:0} ms after {(afterCommit ? "a commit" : "the start")}, {flights.CommittedFiles().Length} files committed ({killed} kills)");
                        continue;
                    }
                }

                int exit = await process.WaitForExitAsync();
                Assert.True(exit == 0, $"Seed {seed}, run {run}, start {start} ended with {exit}:\n{process.Errors}");
                done = true;
            }

            flights.RequireOutput(expected);
            Say($"run {run}: output exact, {expected.Count} rows");
        }
    }

    private static async Task<TimeSpan> RequireWholeRunAsync(string[] arguments, IReadOnlyList<string> expected)
    {
        using FlightsRun whole = new(arguments);
        long began = Stopwatch.GetTimestamp();
        using TestProcess process = await whole.RunAsync();
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        Assert.True(await process.WaitForExitAsync() == 0, process.Errors);
        whole.RequireOutput(expected);
        return took;
    }

    private void Say(string line)
    {
        log.WriteLine(line);
        Console.WriteLine(line);
    }
}
