namespace OrleansStream.Examples.Quakes;

/// <summary>An earthquake, a line of the input.</summary>
/// <param name="Id">Its name in the catalogue.</param>
/// <param name="Time">When the ground moved, milliseconds since the epoch.</param>
/// <param name="Mag">The magnitude.</param>
/// <param name="Place">Where, in words.</param>
public sealed record Earthquake(string Id, long Time, double Mag, string Place)
{
    /// <summary>What stands behind the last comma of the place, or all of it.</summary>
    public string Region => Place[(Place.LastIndexOf(',') + 1)..].Trim();
}
