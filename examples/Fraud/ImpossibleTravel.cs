using OrleansStream.State;

namespace OrleansStream.Examples.Fraud;

/// <summary>Two payments in places that no airliner connects in the time between them. They are looked at in order of time, when the watermark has passed them.</summary>
internal sealed class ImpossibleTravel : KeyedProcessFunction<string, Transaction, Alert>
{
    private const double FastestKmPerHour = 1000;
    private const double EarthRadiusKm = 6371;
    private ListState<Transaction> _waiting = null!;
    private ValueState<Transaction> _last = null!;

    public override void Open(OpenContext context)
    {
        _waiting = context.State.List<Transaction>("waiting");
        _last = context.State.Value<Transaction>("last");
    }

    public override void Process(in Transaction transaction, KeyedContext<string> context, Output<Alert> output)
    {
        _waiting.Add(transaction);
        context.Timers.RegisterEventTime(transaction.Time);
    }

    public override void OnTimer(in FiredTimer timer, KeyedContext<string> context, Output<Alert> output)
    {
        List<Transaction> later = [];
        foreach (Transaction transaction in _waiting.Get())
        {
            if (transaction.Time > timer.Time)
            {
                later.Add(transaction);
                continue;
            }

            if (_last.TryGet(out Transaction? last) && KmBetween(last, transaction) > FastestKmPerHour * Math.Max(transaction.Time - last.Time, 1) / 3_600_000)
            {
                output.Emit(new Alert(context.Key, FraudKinds.Travel, transaction.Time));
            }

            _last.Set(transaction);
        }

        _waiting.Update(later);
    }

    private static double KmBetween(Transaction a, Transaction b)
    {
        double lat1 = double.DegreesToRadians(a.Latitude);
        double lat2 = double.DegreesToRadians(b.Latitude);
        double half = Math.Pow(Math.Sin((lat2 - lat1) / 2), 2)
            + (Math.Cos(lat1) * Math.Cos(lat2) * Math.Pow(Math.Sin(double.DegreesToRadians(b.Longitude - a.Longitude) / 2), 2));
        return 2 * EarthRadiusKm * Math.Asin(Math.Sqrt(half));
    }
}
