namespace OrleansStream.Hosting;

/// <summary>An option that a program adds to those of <see cref="JobOptionCatalog"/>.</summary>
/// <param name="Name">Its name on the command line, without hyphens in front.</param>
/// <param name="Description">What it does, in a line, with its default.</param>
public sealed record ExtraOption(string Name, string Description)
{
    /// <summary>What the value is called in help; null for a flag.</summary>
    public string? ValueName { get; init; }

    /// <summary>
    /// Whether it is an argument of the job, which <see cref="StreamEnvironment.Arguments"/> has under its name: <c>--rate 100</c> is then the same as <c>--set rate=100</c>. Otherwise the program
    /// finds it in <see cref="ReadJobOptions.Extras"/>.
    /// </summary>
    public bool IsArgument { get; init; }

    /// <summary>Whether it takes no value.</summary>
    public bool IsFlag => ValueName is null;
}
