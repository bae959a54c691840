using OrleansStream.Docs.Functions;
using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Docs.Testing;

#region testing-harness
public sealed class TwoCountriesTests
{
    private static readonly Payment s_berlin = new("4711", 1_000, 20m, "DE");
    private static readonly Payment s_paris = new("4711", 2_000, 30m, "FR");

    [Fact]
    public void Two_countries_within_an_hour_raise_an_alert()
    {
        using var harness = OperatorHarness.For(new TwoCountries(), key: (Payment p) => p.Card);

        harness.Send(s_berlin, at: 1_000)
            .SnapshotAndRestore()                                    // what a failure or a new deployment does to it
            .Send(s_paris, at: 2_000);

        Assert.Equal([new Alert("4711", "DE and FR within an hour", 2_000)], harness.Output);
    }

    [Fact]
    public void After_an_hour_of_event_time_the_card_is_forgotten()
    {
        using var harness = OperatorHarness.For(new TwoCountries(), key: (Payment p) => p.Card);

        harness.Send(s_berlin, at: 1_000)
            .Watermark(1_000 + 3_600_000)                            // fires the timer
            .Send(s_paris with { Time = 3_700_000 }, at: 3_700_000);

        Assert.Empty(harness.Output);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Nothing_changes_when_it_is_suspended_and_restored_at_every_chance(int parallelism)
    {
        using var harness = OperatorHarness.For(new TwoCountries(), (Payment p) => p.Card, new HarnessOptions { Attack = true, Parallelism = parallelism });

        harness.SendAll([(s_berlin, 1_000), (s_paris, 2_000), (s_berlin with { Time = 3_000 }, 3_000)]).EndOfInput();

        Assert.Equal(2, harness.Output.Count);
    }
}
#endregion

#region testing-time
public sealed class ReminderTests
{
    private sealed class Remind : KeyedProcessFunction<string, Payment, string>
    {
        public override void Process(in Payment payment, KeyedContext<string> context, Output<string> output) =>
            context.Timers.RegisterProcessingTime(context.ProcessingTime + 60_000);

        public override void OnTimer(in FiredTimer timer, KeyedContext<string> context, Output<string> output) => output.Emit($"pay {context.Key}");
    }

    [Fact]
    public void A_reminder_comes_after_a_minute()
    {
        using var harness = OperatorHarness.For(new Remind(), key: (Payment p) => p.Card);

        harness.Send(new Payment("4711", 0, 5m, "DE")).AdvanceClock(TimeSpan.FromSeconds(59));
        Assert.Empty(harness.Output);

        harness.AdvanceClock(TimeSpan.FromSeconds(1));
        Assert.Equal(["pay 4711"], harness.Output);
    }
}
#endregion

#region testing-golden
public sealed class AlertJobTests
{
    private static readonly Payment[] s_payments = [new("4711", 1_000, 20m, "DE"), new("4712", 1_500, 10m, "DE"), new("4711", 2_000, 30m, "FR")];

    private static void Define(StreamEnvironment env) =>
        env.FromSource(MemorySource.Of(s_payments), WatermarkStrategy.Monotonous<Payment>().WithTimestamps(p => p.Time))
            .KeyBy(p => p.Card).Process(new TwoCountries()).WithUid("countries").Collect("out");

    [Fact]
    public void The_alerts_are_the_same_whole_killed_and_rescaled() =>
        Golden.Verify(Define, [new Alert("4711", "DE and FR within an hour", 2_000)]);
}
#endregion

#region testing-watch
public sealed class UnchangedRecordsTests
{
    public sealed class Basket
    {
        public string Owner { get; set; } = "";

        public List<string> Items { get; set; } = [];
    }

    [Fact]
    public void A_function_that_changes_its_record_is_found()
    {
        RecordWatch watch = new();
        Basket[] baskets = [new() { Owner = "ann", Items = ["tea"] }];
        SeededCluster cluster = new(seed: 1);

        UserCodeException e = Assert.Throws<UserCodeException>(() => cluster.Submit("baskets", watch.Watch(env => env
            .FromSource(MemorySource.Of(baskets))
            .Map(basket => { basket.Items.Add("a present"); return basket; }).WithName("presents")        // wrong: the record is everybody's
            .Collect("out"))).RunToEnd());

        Assert.Contains("to 'presents'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_golden_job_is_watched_too() => Golden.Verify(
        env => env.FromSource(MemorySource.Of(["a", "b"])).Map(text => text + "!").Collect("out"), ["a!", "b!"], new GoldenOptions { WatchRecords = true });
}
#endregion
