namespace OrleansStream.Hosting;

/// <summary>Prints options for <c>--help</c>.</summary>
public static class JobOptionHelp
{
    /// <summary>Writes the program's own options, then all options of jobs.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="extras">The program's own options.</param>
    public static void Write(TextWriter output, IReadOnlyList<ExtraOption>? extras = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (extras is { Count: > 0 })
        {
            output.WriteLine("Options:");
            Write(output, extras.Select(e => ($"--{e.Name}{(e.ValueName is { } value ? $" <{value}>" : "")}", e.Description)));
            output.WriteLine();
        }

        output.WriteLine("Options of every job:");
        Write(output, JobOptionCatalog.All.Select(o => (Usage(o), $"{o.Description} Default: {o.Default}.")).Append(("--set <name>=<value>", "An argument of the job; may be repeated.")));
        output.WriteLine();
        output.WriteLine(
            $"An option may also come from the environment ({JobOptionsReader.EnvironmentPrefix}CHECKPOINTING__MIN_PAUSE=1s) or from appsettings.json"
            + $" (\"{JobOptionsReader.SectionName}\": {{ \"checkpointing.min-pause\": \"1s\" }}); the command line goes before the environment, that before the file.");
    }

    /// <summary>How an option is written: <c>--checkpointing.interval &lt;duration&gt;</c>.</summary>
    /// <param name="option">The option.</param>
    public static string Usage(JobOption option)
    {
        ArgumentNullException.ThrowIfNull(option);
        string names = option.Alias is { } alias ? $"--{alias}, --{option.Key}" : $"--{option.Key}";
        return option.IsFlag ? names : $"{names} <{option.Type}>";
    }

    private static void Write(TextWriter output, IEnumerable<(string Usage, string Description)> lines)
    {
        const int Column = 36;
        foreach ((string usage, string description) in lines)
        {
            output.WriteLine(usage.Length + 4 <= Column ? $"  {usage.PadRight(Column - 2)}{description}" : $"  {usage}\n{new string(' ', Column)}{description}");
        }
    }
}
