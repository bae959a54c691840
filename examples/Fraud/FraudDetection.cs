using OrleansStream.Hosting;

namespace OrleansStream.Examples.Fraud;

/// <summary>Fraud over card transactions: impossible travel by keyed state, spend per minute over limits that are broadcast, tiny payments before a large one by a pattern.</summary>
public sealed class FraudDetection : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env)
    {
        ArgumentNullException.ThrowIfNull(env);
        int count = env.Arguments.Get("count", FraudExample.DefaultCount);
        IReadOnlyList<Transaction> all = PlantedFrauds.Make(count, env.Arguments.Get("frauds", FraudExample.DefaultFrauds)).Transactions;
        DataStream<Transaction> transactions = env.FromSource(
            MemorySource.Of(all.ToArray()), WatermarkStrategy.BoundedOutOfOrderness<Transaction>(TimeSpan.FromSeconds(5)).WithTimestamps(t => t.Time)).WithUid("transactions");
        DataStream<SpendLimit> limits = env.FromSource(
            MemorySource.Of(PlantedFrauds.Limits(count).ToArray()), WatermarkStrategy.Monotonous<SpendLimit>().WithTimestamps(l => l.From)).WithUid("limits");

        DataStream<Alert> travel = transactions.KeyBy(t => t.Card).Process(new ImpossibleTravel()).WithUid("travel");

        DataStream<Alert> spend = transactions
            .KeyBy(t => (t.Card, t.Class))
            .Window(TumblingWindows.Of(TimeSpan.FromMinutes(1)))
            .Aggregate(new TotalAmount(), (window, key, total) => new MinuteSpend(key.Card, key.Class, window.Start, total)).WithUid("minutes")
            .KeyBy(m => m.Card)
            .ConnectBroadcast(limits)
            .Process(new OverLimit()).WithUid("over-limit");

        Pattern<Transaction> tested = Pattern.Begin<Transaction>("tiny").Where(t => t.Amount < 2).TimesOrMore(3).Greedy()
            .FollowedBy("large").Where((t, match) => t.Amount > 100 * match["tiny"].Average(tiny => tiny.Amount))
            .Within(TimeSpan.FromMinutes(5));
        DataStream<Alert> testing = transactions.KeyBy(t => t.Card)
            .Match(tested, AfterMatch.SkipPastLastEvent)
            .Select(match => new Alert(match["large"][0].Card, FraudKinds.Testing, match["large"][0].Time)).WithUid("testing");

        travel.Union(spend, testing)
            .SinkTo(FileSink.JsonLines(env.Arguments.Get("output", "out/fraud"), FraudJson.Default.Alert).ExactlyOnce()).WithUid("alerts");
    }

    /// <summary>What was spent.</summary>
    public readonly struct TotalAmount : IAggregate<Transaction, double, double>
    {
        /// <inheritdoc/>
        public double Create() => 0;

        /// <inheritdoc/>
        public void Add(ref double accumulator, in Transaction value) => accumulator += value.Amount;

        /// <inheritdoc/>
        public void Merge(ref double into, in double from) => into += from;

        /// <inheritdoc/>
        public double Result(in double accumulator) => accumulator;
    }
}
