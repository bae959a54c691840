using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Both operators that know sessions, beside a model that keeps every record and forms the sessions anew each time.</summary>
public sealed class SessionPropertyTests
{
    private static readonly OutputTag<Item> s_late = new("late");

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
        HarnessOptions options = new()
        {
            MaxParallelism = 8, Parallelism = 1 + random.Next(3), Attack = seed % 2 == 0, SuspensionsPerRestore = 1 + random.Next(4), BatchSize = 1 + random.Next(4),
        };
        using OneInputHarness<Item, string> harness = OperatorHarness.ForKeyedStream<string, Item, string>(
            stream =>
            {
                WindowedStream<string, Item> sessions = stream.Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(gap))).SideOutputLate(s_late);
                return (general ? sessions.Trigger(Trigger.EventTime()) : sessions).Aggregate(
                    aggregate, (window, key, text) => WindowModel.Text(window.Start, window.End, key, text, window.MaxTimestamp));
            },
            item => item.Key, options).WithSideOutput(s_late);
        SessionModel model = new(gap, result);
        long scale = Math.Max(1, gap / 10);
        long now = -100;
        long id = 0;
        int seen = 0;
        for (int step = 0; step < 60; step++)
        {
            switch (random.Next(10))
            {
                case < 6:
                    List<(Item Value, long At)> records = [];
                    for (int i = 1 + random.Next(12); i > 0; i--)
                    {
                        Item item = new("k" + random.Next(4), id++, now + (scale * random.Next(-40, 30)));
                        records.Add((item, item.Timestamp));
                        model.Add(item);
                    }

                    harness.SendAll(records);
                    break;
                case < 9:
                    now += scale * random.Next(random.Next(8) == 0 ? 200 : 25);
                    harness.Watermark(now - (15 * scale));
                    model.Watermark(now - (15 * scale));
                    break;
                default:
                    harness.SnapshotAndRestore(random.Next(2) == 0 ? null : 1 + random.Next(3));
                    break;
            }

            string[] expected = [.. model.Outputs.Skip(seen).Order(StringComparer.Ordinal)];
            string[] actual = [.. harness.Output.Skip(seen).Order(StringComparer.Ordinal)];
            Assert.True(
                expected.SequenceEqual(actual),
                $"seed {seed}, step {step}, gap {gap}{Environment.NewLine}expected {string.Join("; ", expected)}{Environment.NewLine}actual   {string.Join("; ", actual)}");
            seen = model.Outputs.Count;
            Assert.Equal(model.Late.Order(), harness.SideOutput(s_late).Select(r => r.Id).Order());
        }

        harness.EndOfInput();
        model.Watermark(long.MaxValue);
        Assert.Equal(model.Outputs.Order(StringComparer.Ordinal), harness.Output.Order(StringComparer.Ordinal));
    }
}
