namespace OrleansStream.Examples.Flights;

/// <summary>The delays of the flights that were to leave an airport within an hour.</summary>
/// <param name="Origin">The airport.</param>
/// <param name="Hour">The beginning of the hour, UTC.</param>
/// <param name="Flights">How many flights.</param>
/// <param name="Mean">The mean delay in minutes.</param>
/// <param name="Worst">The largest delay in minutes.</param>
public sealed record HourlyDelay(string Origin, DateTimeOffset Hour, long Flights, double Mean, int Worst);
