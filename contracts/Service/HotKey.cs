namespace OrleansStream;

/// <summary>A key that an operator gets much more often than others.</summary>
/// <param name="Key">The key as text, shortened if it is long.</param>
/// <param name="Share">At least this share of the operator's recent records has the key, 0 to 1.</param>
public readonly record struct HotKey(string Key, double Share);
