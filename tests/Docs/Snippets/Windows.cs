namespace OrleansStream.Docs.Windows;

internal sealed record Payment(string Card, DateTimeOffset Time, decimal Amount);

internal readonly struct Total : IAggregate<Payment, decimal, decimal>
{
    public decimal Create() => 0;

    public void Add(ref decimal total, in Payment payment) => total += payment.Amount;

    public void Merge(ref decimal into, in decimal from) => into += from;

    public decimal Result(in decimal total) => total;
}

internal static class LatePayments
{
    #region late-tag
    private static readonly OutputTag<Payment> s_late = new("late");
    #endregion

    public static void Define(StreamEnvironment env, ISource<Payment> source)
    {
        #region watermarks
        OperatorStream<Payment> payments = env.FromSource(
            source,
            WatermarkStrategy.BoundedOutOfOrderness<Payment>(TimeSpan.FromSeconds(5))
                .WithTimestamps(p => p.Time)
                .WithIdleness(TimeSpan.FromMinutes(1)));
        #endregion

        #region alignment
        WatermarkStrategy<Payment> together = WatermarkStrategy.BoundedOutOfOrderness<Payment>(TimeSpan.FromSeconds(5))
            .WithTimestamps(p => p.Time)
            .WithAlignment("payments", maxDrift: TimeSpan.FromMinutes(1));
        #endregion

        #region windows
        OperatorStream<(string Card, long Minute, decimal Total)> totals = payments
            .KeyBy(p => p.Card)
            .Window(SlidingWindows.Of(TimeSpan.FromMinutes(10), every: TimeSpan.FromMinutes(1)))
            .AllowLateness(TimeSpan.FromMinutes(5))
            .SideOutputLate(s_late)
            .Aggregate(new Total(), (window, card, total) => (card, window.Start, total))
            .WithUid("totals");

        totals.GetSideOutput(s_late).Print("late");
        totals.Print();
        #endregion

        #region bad-records
        payments.GetSideOutput(BadRecord.Tag)
            .SinkTo(FileSink.Lines<BadRecord>("out/bad", bad => $"{bad.Where}: {bad.Reason}: {bad.Content}").ExactlyOnce());
        #endregion
    }
}
