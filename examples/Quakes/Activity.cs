namespace OrleansStream.Examples.Quakes;

/// <summary>A time of activity in a region.</summary>
/// <param name="Region">The region.</param>
/// <param name="From">The first quake.</param>
/// <param name="To">The last quake.</param>
/// <param name="Quakes">How many there were.</param>
/// <param name="Strongest">The largest magnitude.</param>
public sealed record Activity(string Region, DateTimeOffset From, DateTimeOffset To, long Quakes, double Strongest);
