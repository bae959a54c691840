using System.Text.Json;
using OrleansStream.Examples.Fraud;
using OrleansStream.Examples.Quakes;
using OrleansStream.Examples.Sessions;

namespace OrleansStream.Examples.Tests;

/// <summary>The examples answer what a plain computation over the same data answers, at any parallelism.</summary>
public sealed class ExamplesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Fraud_finds_all_that_was_planted_and_nothing_else(int parallelism)
    {
        using ExampleRun run = new();
        PlantedFrauds made = PlantedFrauds.Make(20_000, 10);

        string[] printed = await run.RunAsync(
            () => new FraudDetection(), (text, folder) => FraudExample.Print(text, folder, made), parallelism, ("count", "20000"), ("frauds", "10"));

        Assert.Equal(
            [
                "kind                  found  planted  false alarms",
                "impossible travel        10       10             0",
                "spend over the limit     10       10             0",
                "tested card              10       10             0",
            ],
            printed[1..]);
        Assert.Equal(made.Planted.Select(a => JsonSerializer.Serialize(a, FraudJson.Default.Alert)).Order(StringComparer.Ordinal), run.Rows());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Quakes_are_grouped_as_if_they_had_come_in_order(int parallelism)
    {
        using ExampleRun run = new();
        Earthquake[] quakes = [.. File.ReadLines(QuakeActivity.Sample).Select(line => JsonSerializer.Deserialize(line, QuakesJson.Default.Earthquake)!)];
        List<string> expected = [];
        foreach (IGrouping<string, Earthquake> region in quakes.GroupBy(q => q.Place.Contains(',') ? q.Place.Split(',')[^1].Trim() : q.Place.Trim()))
        {
            List<Earthquake> session = [];
            foreach (Earthquake quake in region.OrderBy(q => q.Time).Append(null!))
            {
                if (session.Count > 0 && (quake is null || quake.Time > session[^1].Time + (6 * 3_600_000)))
                {
                    expected.Add(JsonSerializer.Serialize(
                        new Activity(
                            region.Key, DateTimeOffset.FromUnixTimeMilliseconds(session[0].Time), DateTimeOffset.FromUnixTimeMilliseconds(session[^1].Time), session.Count,
                            session.Max(q => q.Mag)),
                        QuakesJson.Default.Activity));
                    session = [];
                }

                session.Add(quake!);
            }
        }

        string[] printed = await run.RunAsync(() => new QuakeActivity(), QuakesExample.Print, parallelism);

        Assert.Equal(expected.Order(StringComparer.Ordinal), run.Rows());
        Assert.StartsWith($"1707 quakes in {expected.Count} sessions", printed[0], StringComparison.Ordinal);
        Assert.Equal(12, printed.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Sessions_end_with_a_pause(int parallelism)
    {
        using ExampleRun run = new();
        const long Gap = 20 * 60_000;
        List<string> expected = [];
        foreach (IGrouping<string, View> user in Enumerable.Range(0, 5_000).Select(i => View.Of(i)).GroupBy(v => v.User))
        {
            View[] views = [.. user];
            for (int from = 0; from < views.Length;)
            {
                int to = from;
                while (to + 1 < views.Length && views[to + 1].Time <= views[to].Time + Gap)
                {
                    to++;
                }

                expected.Add(JsonSerializer.Serialize(
                    new Viewing(
                        user.Key, DateTimeOffset.FromUnixTimeMilliseconds(views[from].Time), DateTimeOffset.FromUnixTimeMilliseconds(views[to].Time), to - from + 1,
                        views[from..(to + 1)].DistinctBy(v => v.Title).Count()),
                    SessionsJson.Default.Viewing));
                from = to + 1;
            }
        }

        string[] printed = await run.RunAsync(() => new ViewingSessions(), SessionsExample.Print, parallelism, ("count", "5000"), ("gap", "20"));

        Assert.Equal(expected.Order(StringComparer.Ordinal), run.Rows());
        Assert.StartsWith($"5000 views in {expected.Count} sessions", printed[0], StringComparison.Ordinal);
    }
}
