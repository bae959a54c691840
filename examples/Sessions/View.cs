namespace OrleansStream.Examples.Sessions;

/// <summary>A user looked at a title.</summary>
/// <param name="User">The user.</param>
/// <param name="Title">The title.</param>
/// <param name="Time">When, milliseconds since the epoch.</param>
public sealed record View(string User, string Title, long Time)
{
    /// <summary>The first view.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 3, 1, 18, 0, 0, TimeSpan.Zero);

    /// <summary>The view of a number: a new one every seven seconds, by users who come and go.</summary>
    /// <param name="number">From 0.</param>
    public static View Of(long number)
    {
        // A mixed number stands for chance, so that each run has the same views.
        ulong mixed = ((ulong)number + 1) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 31)) * 0xBF58476D1CE4E5B9;
        mixed ^= mixed >> 29;
        return new View($"user {mixed % 200}", $"title {(mixed >> 16) % 40}", Start.ToUnixTimeMilliseconds() + (number * 7_000));
    }
}
