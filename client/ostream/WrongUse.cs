using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansStream.Cli;

/// <summary>Says what is wrong with a command line: what is missing by its name, and a call of the command that is right.</summary>
internal static class WrongUse
{
    private const string Program = "ostream";

    /// <summary>Writes all that is wrong.</summary>
    /// <param name="parsed">A command line with errors.</param>
    /// <param name="output">Where to.</param>
    public static void Write(ParseResult parsed, TextWriter output)
    {
        Command command = parsed.CommandResult.Command;
        string name = command is RootCommand ? Program : $"{Program} {command.Name}";
        foreach (string problem in command is RootCommand ? OfRoot(parsed, command) : OfCommand(parsed, command))
        {
            output.WriteLine($"{name}: {problem}");
        }

        output.WriteLine($"For example: {ExampleOf(command)}");
        output.WriteLine($"'{name} --help' shows how it is used.");
    }

    private static IEnumerable<string> OfRoot(ParseResult parsed, Command root)
    {
        string commands = $"The commands are {string.Join(", ", root.Subcommands.Select(c => c.Name))}.";
        return parsed.UnmatchedTokens.Count == 0
            ? [$"the command is missing. {commands}"]
            : [$"there is no command '{parsed.UnmatchedTokens[0]}'. {commands}"];
    }

    private static IEnumerable<string> OfCommand(ParseResult parsed, Command command)
    {
        Argument[] missing = [.. command.Arguments.Where(a => (parsed.GetResult(a)?.Tokens.Count ?? 0) < a.Arity.MinimumNumberOfValues)];
        IEnumerable<string> others = parsed.Errors.Where(e => e.SymbolResult is not ArgumentResult of || !missing.Contains(of.Argument)).Select(e => e.Message).Distinct();
        return [.. missing.Select(a => $"<{a.Name}> is missing. {a.Description}"), .. others];
    }

    // Help has it too, as a line of its own.
    private static string ExampleOf(Command command) =>
        (command.Description ?? "").Split('\n').Select(line => line.Trim()).First(line => line.StartsWith(Program + " ", StringComparison.Ordinal));
}
