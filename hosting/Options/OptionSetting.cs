namespace OrleansStream.Hosting;

/// <summary>A value that somebody gave to an option.</summary>
/// <param name="Name">The name, without what the place adds to it.</param>
/// <param name="Value">The value; null for none.</param>
/// <param name="Shown">How the name was written and where, for messages.</param>
internal sealed record OptionSetting(string Name, string? Value, string Shown);
