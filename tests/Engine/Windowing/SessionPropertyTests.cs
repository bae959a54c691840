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

    private static void Check<TAcc>(int seed, IAggregate<Item, TAcc, string> aggregate, Func<IEnumerable<long>, string> result, bool general)
    {
        Random random = new(seed);
        long gap = 1 + random.Next(random.Next(4) == 0 ? 5000 : 25);
        using OneInputHarness<Item, string> harness = OperatorHarness.ForKeyedStream<string, Item, string>(
            stream =>
            {
                WindowedStream<string, Item> sessions = stream.Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(gap))).SideOutputLate(WindowRun.Late);
                return (general ? sessions.Trigger(Trigger.EventTime()) : sessions).Aggregate(
                    aggregate, (window, key, text) => WindowModel.Text(window.Start, window.End, key, text, window.MaxTimestamp));
            },
            item => item.Key, WindowRun.Options(random, attack: seed % 2 == 0)).WithSideOutput(WindowRun.Late);
        new WindowRun(random, harness, new SessionModel(gap, result), $"seed {seed}, gap {gap}") { Keys = 4, Scale = Math.Max(1, gap / 10) }.Check();
    }
}
