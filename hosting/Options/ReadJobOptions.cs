namespace OrleansStream.Hosting;

/// <summary>What <see cref="JobOptionsReader"/> has read.</summary>
/// <param name="Options">The options, checked.</param>
/// <param name="Extras">The program's own options that were given, by name; a flag has the value <c>true</c> or <c>false</c>.</param>
/// <param name="WantsHelp">Whether <c>--help</c> was given; then nothing else counts.</param>
public sealed record ReadJobOptions(JobOptions Options, IReadOnlyDictionary<string, string> Extras, bool WantsHelp)
{
    /// <summary>Whether a flag of the program was given.</summary>
    /// <param name="name">Its name.</param>
    public bool Has(string name) => Extras.TryGetValue(name, out string? value) && value == "true";
}
