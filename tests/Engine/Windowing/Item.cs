namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>A record of the window tests; the id tells records apart.</summary>
public sealed record Item(string Key, long Id, long Timestamp);
