using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Both operators that know sessions, beside a model that keeps every record and forms the sessions anew each time.</summary>
public sealed class SessionPropertyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sessions_are_those_of_the_model(bool general)
    {
        for (int seed = 0; seed < 25; seed++)
        {
            Check(seed, new Merging(), Merging.Of, general);
            Check(seed, new Collecting(), Collecting.Of, general);
        }
    }

    /// <summary>Those that have not fired are put back where they were, by twos and more of a key, as often as a snapshot is taken.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Sessions_that_end_together_fire_in_order_across_snapshots(int suspensionsPerRestore)
    {
        HarnessOptions options = new() { Attack = true, SuspensionsPerRestore = suspensionsPerRestore, BatchSize = 1 };
        using OneInputHarness<Item, string> harness = OperatorHarness.ForKeyedStream<string, Item, string>(
            stream => stream.Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(10))).Aggregate(new Collecting(), (window, key, text) => $"{key} {window.Start} {window.End}: {text}"),
            item => item.Key, options);
        for (long i = 0; i < 7; i++)
        {
            harness.Send(new Item("a", i, 100 * i), 100 * i);
            harness.Send(new Item("b", i, (100 * i) + 1), (100 * i) + 1);
        }

        harness.Watermark(450);
        harness.Send(new Item("a", 7, 460), 460);
        harness.EndOfInput();
        IEnumerable<(long Start, string Row)> expected = Enumerable.Range(0, 7).SelectMany(i => new[] { "a", "b" }
            .Select((key, late) => (Start: (100L * i) + late, Row: $"{key} {(100 * i) + late} {(100 * i) + late + 10}: {Collecting.Of([i])}"))).Append((460, $"a 460 470: {Collecting.Of([7])}"));
        Assert.Equal(expected.OrderBy(row => row.Start).Select(row => row.Row), harness.Output);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sessions_that_have_not_fired_go_on_with_another_parallelism(bool general)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            long gap = 1 + random.Next(8);
            using OneInputHarness<Item, string> harness = Harness(gap, new Collecting(), general, WindowRun.Options(random, attack: false) with { Parallelism = 1 });
            new WindowRun(random, harness, new SessionModel(gap, Collecting.Of), $"seed {seed}, gap {gap}") { Keys = 2, Ahead = 2 }.RescaleInMidFiring();
        }
    }

    private static OneInputHarness<Item, string> Harness<TAcc>(long gap, IAggregate<Item, TAcc, string> aggregate, bool general, HarnessOptions options) =>
        OperatorHarness.ForKeyedStream<string, Item, string>(
            stream =>
            {
                WindowedStream<string, Item> sessions = stream.Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(gap))).SideOutputLate(WindowRun.Late);
                return (general ? sessions.Trigger(Trigger.EventTime()) : sessions).Aggregate(
                    aggregate, (window, key, text) => WindowModel.Text(window.Start, window.End, key, text, window.MaxTimestamp));
            },
            item => item.Key, options).WithSideOutput(WindowRun.Late);

    private static void Check<TAcc>(int seed, IAggregate<Item, TAcc, string> aggregate, Func<IEnumerable<long>, string> result, bool general)
    {
        Random random = new(seed);
        long gap = 1 + random.Next(random.Next(4) == 0 ? 5000 : 25);
        using OneInputHarness<Item, string> harness = Harness(gap, aggregate, general, WindowRun.Options(random, attack: seed % 2 == 0));
        new WindowRun(random, harness, new SessionModel(gap, result), $"seed {seed}, gap {gap}") { Keys = 4, Scale = Math.Max(1, gap / 10) }.Check();
    }
}
