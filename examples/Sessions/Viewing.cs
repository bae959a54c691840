namespace OrleansStream.Examples.Sessions;

/// <summary>The views of a user without a longer pause.</summary>
/// <param name="User">The user.</param>
/// <param name="From">The first view.</param>
/// <param name="To">The last view.</param>
/// <param name="Views">How many views.</param>
/// <param name="Titles">How many titles.</param>
public sealed record Viewing(string User, DateTimeOffset From, DateTimeOffset To, int Views, int Titles);
