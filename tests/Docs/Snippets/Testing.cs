using OrleansStream.Docs.Functions;
using OrleansStream.TestKit;

namespace OrleansStream.Docs.Testing;

#region testing
public sealed class TwoCountriesTests
{
    [Fact]
    public void Two_countries_within_an_hour_raise_an_alert()
    {
        using var harness = OperatorHarness.For(new TwoCountries(), key: (Payment p) => p.Card);

        harness.Send(new Payment("4711", 1_000, 20m, "DE"), at: 1_000)
            .SnapshotAndRestore()
            .Send(new Payment("4711", 2_000, 30m, "FR"), at: 2_000);

        Assert.Equal([new Alert("4711", "DE and FR within an hour", 2_000)], harness.Output);
    }

    [Fact]
    public void The_alerts_are_the_same_whole_killed_and_rescaled()
    {
        Payment[] payments = [new("4711", 1_000, 20m, "DE"), new("4712", 1_500, 10m, "DE"), new("4711", 2_000, 30m, "FR")];

        Golden.Verify(
            env => env.FromSource(MemorySource.Of(payments), WatermarkStrategy.Monotonous<Payment>().WithTimestamps(p => p.Time))
                .KeyBy(p => p.Card).Process(new TwoCountries()).Collect("out"),
            [new Alert("4711", "DE and FR within an hour", 2_000)]);
    }
}
#endregion
