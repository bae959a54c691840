namespace OrleansStream.Examples.Fraud;

/// <summary>Transactions of an evening, with frauds among them. The same for the same numbers, so that every subtask and every restart sees the same.</summary>
public sealed class PlantedFrauds
{
    private const int Cards = 500;
    private const int EveryMs = 250;
    private static readonly string[] s_classes = ["basic", "gold"];

    private PlantedFrauds(IReadOnlyList<Transaction> transactions, IReadOnlyList<Alert> planted)
    {
        Transactions = transactions;
        Planted = planted;
    }

    /// <summary>When the evening begins.</summary>
    public static long Start { get; } = new DateTimeOffset(2026, 3, 1, 18, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    /// <summary>All transactions in order of time.</summary>
    public IReadOnlyList<Transaction> Transactions { get; }

    /// <summary>What is to be found; the time is that of the last transaction that belongs to it.</summary>
    public IReadOnlyList<Alert> Planted { get; }

    /// <summary>The limits: those of gold cards are lowered in the middle of the evening.</summary>
    /// <param name="count">The number of ordinary transactions.</param>
    public static IReadOnlyList<SpendLimit> Limits(int count) =>
    [
        new SpendLimit("basic", Start, 1_000),
        new SpendLimit("gold", Start, 5_000),
        new SpendLimit("gold", Start + ((long)count * EveryMs / 2 / 60_000 * 60_000), 2_000),
    ];

    /// <summary>Makes the transactions.</summary>
    /// <param name="count">The number of ordinary ones.</param>
    /// <param name="frauds">How many frauds of each kind are planted.</param>
    public static PlantedFrauds Make(int count, int frauds)
    {
        Random random = new(20260301);
        List<Transaction> all = [];
        for (int i = 0; i < count; i++)
        {
            // Some ordinary payments are tiny, some large: by themselves they mean nothing.
            double amount = random.Next(20) switch
            {
                0 => 0.5 + random.NextDouble(),
                1 => 150 + (350 * random.NextDouble()),
                _ => 3 + (60 * random.NextDouble()),
            };
            all.Add(At(random.Next(Cards / 2) * 2, Start + ((long)i * EveryMs) + random.Next(EveryMs), amount));
        }

        // Frauds are on cards of their own, so that what is found can be told.
        long span = ((long)count * EveryMs) - 600_000;
        List<Alert> planted = [];
        for (int i = 0; i < 3 * frauds; i++)
        {
            int card = (2 * (i % (Cards / 2))) + 1;
            long time = Start + (long)(span * (0.05 + (0.9 * i / (3 * frauds))));
            switch (i % 3)
            {
                case 0:
                    all.Add(At(card, time, 40));
                    all.Add(At(card, time + 300_000, 60) with { Latitude = -33.87, Longitude = 151.21 });
                    planted.Add(new Alert(all[^1].Card, FraudKinds.Travel, all[^1].Time));
                    break;
                case 1:
                    // Five payments that are in one minute; together over the limit of each class at each time.
                    long minute = time / 60_000 * 60_000;
                    for (int p = 0; p < 5; p++)
                    {
                        all.Add(At(card, minute + 5_000 + (p * 9_000), 1_100));
                    }

                    planted.Add(new Alert(all[^1].Card, FraudKinds.Spend, minute));
                    break;
                default:
                    for (int p = 0; p < 4; p++)
                    {
                        all.Add(At(card, time + (p * 20_000), 0.7 + (0.1 * p)));
                    }

                    all.Add(At(card, time + 120_000, 900));
                    planted.Add(new Alert(all[^1].Card, FraudKinds.Testing, all[^1].Time));
                    break;
            }
        }

        return new PlantedFrauds([.. all.OrderBy(t => t.Time)], planted);
    }

    // Each card has a home.
    private static Transaction At(int card, long time, double amount) =>
        new($"card {card}", time, amount, 48 + (card % 40 / 10.0), 9 + (card % 30 / 10.0), s_classes[card % 7 == 0 ? 1 : 0]);
}
