using System.CommandLine;
using OrleansStream.Hosting;

namespace OrleansStream.Cli;

/// <summary>The options of a job on the command line.</summary>
internal static class JobOptionArguments
{
    public static Option ToOption(JobOption option)
    {
        string[] aliases = option.Alias is { } alias ? [$"--{alias}"] : [];
        string description = $"{option.Description} Default: {option.Default}.";
        return option.IsFlag
            ? new Option<bool>($"--{option.Key}", aliases) { Description = description }
            : new Option<string>($"--{option.Key}", aliases) { Description = description, HelpName = option.Type };
    }

    /// <summary>Those that were given, with their values as text.</summary>
    public static IEnumerable<(JobOption Meaning, string Value)> Given(ParseResult parsed, IEnumerable<(JobOption Meaning, Option Option)> options)
    {
        foreach ((JobOption meaning, Option option) in options)
        {
            if (parsed.GetResult(option) is { Implicit: false } given)
            {
                yield return (meaning, option is Option<bool> ? given.GetValueOrDefault<bool>() ? "true" : "false" : given.GetValueOrDefault<string>() ?? "");
            }
        }
    }
}
