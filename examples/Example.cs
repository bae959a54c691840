namespace OrleansStream.Examples;

/// <summary>An example that can be started by its name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does, in a line.</param>
/// <param name="RunAsync">Runs it with arguments; returns the exit code.</param>
internal sealed record Example(string Name, string Description, Func<string[], Task<int>> RunAsync);
