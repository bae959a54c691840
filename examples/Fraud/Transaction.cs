namespace OrleansStream.Examples.Fraud;

/// <summary>A payment by card.</summary>
/// <param name="Card">The card.</param>
/// <param name="Time">When, milliseconds since the epoch.</param>
/// <param name="Amount">How much.</param>
/// <param name="Latitude">Where.</param>
/// <param name="Longitude">Where.</param>
/// <param name="Class">The class of the card, which the limits are about.</param>
public sealed record Transaction(string Card, long Time, double Amount, double Latitude, double Longitude, string Class);

/// <summary>How much the cards of a class may spend in a minute from a time on.</summary>
/// <param name="Class">The class.</param>
/// <param name="From">From when, milliseconds since the epoch.</param>
/// <param name="PerMinute">The limit.</param>
public sealed record SpendLimit(string Class, long From, double PerMinute);

/// <summary>What a card spent in a minute.</summary>
/// <param name="Card">The card.</param>
/// <param name="Class">Its class.</param>
/// <param name="Minute">When the minute began.</param>
/// <param name="Total">How much.</param>
public sealed record MinuteSpend(string Card, string Class, long Minute, double Total);

/// <summary>An alert, or a fraud that was planted.</summary>
/// <param name="Card">The card.</param>
/// <param name="Kind">Which of <see cref="FraudKinds"/>.</param>
/// <param name="Time">When it was seen: milliseconds since the epoch.</param>
public sealed record Alert(string Card, string Kind, long Time);

/// <summary>What is looked for.</summary>
public static class FraudKinds
{
    /// <summary>Two places faster than an airliner.</summary>
    public const string Travel = "impossible travel";

    /// <summary>More in a minute than the card's class may.</summary>
    public const string Spend = "spend over the limit";

    /// <summary>Several tiny payments, then a large one.</summary>
    public const string Testing = "tested card";
}
