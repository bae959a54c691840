using System.Globalization;

namespace OrleansStream.Bench.Commands;

/// <summary>Named options with defaults, of the commands whose values are words and numbers.</summary>
public sealed class BenchArguments
{
    private readonly IReadOnlyDictionary<string, string> _values;

    private BenchArguments(IReadOnlyDictionary<string, string> values)
    {
        _values = values;
    }

    /// <summary>Reads options.</summary>
    /// <param name="args">The command line behind the command.</param>
    /// <param name="defaults">The options that there are, with their defaults; one whose default is a number must be a positive number.</param>
    /// <param name="problem">What is wrong.</param>
    /// <returns>The options; null if something is wrong.</returns>
    public static BenchArguments? Parse(IReadOnlyList<string> args, IReadOnlyDictionary<string, string> defaults, out string problem)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(defaults);
        Dictionary<string, string> values = new(defaults);
        problem = "";
        for (int i = 0; i < args.Count; i += 2)
        {
            if (!defaults.TryGetValue(args[i], out string? usual))
            {
                problem = $"unknown option '{args[i]}'; valid options: {string.Join(", ", defaults.Keys)}";
                return null;
            }

            if (i + 1 == args.Count)
            {
                problem = $"option {args[i]} needs a value";
                return null;
            }

            if (TryNumber(usual, out _) && !(TryNumber(args[i + 1], out double number) && number > 0))
            {
                problem = $"option {args[i]}: '{args[i + 1]}' is not valid; valid: a positive number";
                return null;
            }

            values[args[i]] = args[i + 1];
        }

        return new BenchArguments(values);
    }

    /// <summary>The value of an option.</summary>
    /// <param name="name">The option.</param>
    public string Text(string name) => _values[name];

    /// <summary>The value of an option that is a number.</summary>
    /// <param name="name">The option.</param>
    public double Number(string name) => TryNumber(_values[name], out double number) ? number : throw new FormatException($"{name} is no number.");

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
}
