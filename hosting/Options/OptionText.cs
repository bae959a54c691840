using System.Globalization;
using System.Text;

namespace OrleansStream.Hosting;

/// <summary>Values of options as text. What cannot be read is a <see cref="FormatException"/> whose message is the rule.</summary>
internal static class OptionText
{
    public const string Flag = "flag";
    public const string Duration = "duration";
    public const string Size = "size";
    public const string Number = "number";
    public const string Text = "text";

    private static readonly (string Unit, double Ms)[] s_durations =
        [("ms", 1), ("s", 1000), ("m", 60_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    private static readonly (string Unit, long Bytes)[] s_sizes =
    [
        ("", 1), ("b", 1), ("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30), ("tib", 1L << 40),
        ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
    ];

    public static TimeSpan ReadDuration(string text)
    {
        string trimmed = text.Trim();
        if (trimmed == "0")
        {
            return TimeSpan.Zero;
        }

        (string number, string unit) = SplitUnit(trimmed);
        foreach ((string name, double ms) in s_durations)
        {
            if (unit == name && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double count) && Math.Abs(count * ms) < 1e14)
            {
                return TimeSpan.FromTicks((long)Math.Round(count * ms * TimeSpan.TicksPerMillisecond));
            }
        }

        return trimmed.Contains(':') && TimeSpan.TryParse(trimmed, CultureInfo.InvariantCulture, out TimeSpan span)
            ? span
            : throw new FormatException("is not a duration, such as 500ms, 1s, 5m, 2h, 1d or 00:00:01");
    }

    public static string WriteDuration(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0";
        }

        foreach ((string unit, double ms) in s_durations.Where(d => d.Unit != "min").Reverse())
        {
            double count = value.TotalMilliseconds / ms;
            if (count == Math.Truncate(count))
            {
                return count.ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return value.ToString(null, CultureInfo.InvariantCulture);
    }

    public static long ReadSize(string text)
    {
        (string number, string unit) = SplitUnit(text.Trim());
        foreach ((string name, long bytes) in s_sizes)
        {
            if (unit == name && decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal count)
                && Math.Abs(count) < long.MaxValue / bytes && count * bytes == decimal.Truncate(count * bytes))
            {
                return (long)(count * bytes);
            }
        }

        throw new FormatException("is not a size in bytes, such as 1048576, 64KiB, 256MiB or 1GiB");
    }

    public static string WriteSize(long value)
    {
        foreach ((string unit, int shift) in new[] { ("GiB", 30), ("MiB", 20), ("KiB", 10) })
        {
            if (value >= 1L << shift && value % (1L << shift) == 0)
            {
                return $"{value >> shift}{unit}";
            }
        }

        return value.ToString(CultureInfo.InvariantCulture);
    }

    public static int ReadInt(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int value)
        ? value
        : throw new FormatException("is not a whole number");

    public static double ReadDouble(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw new FormatException("is not a number, such as 1.5");

    public static bool ReadBool(string text) => text.Trim().ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "1" => true,
        "false" or "no" or "off" or "0" => false,
        _ => throw new FormatException("is neither true nor false"),
    };

    public static TEnum ReadEnum<TEnum>(string text) where TEnum : struct, Enum
    {
        string wanted = Bare(text);
        foreach (TEnum value in Enum.GetValues<TEnum>())
        {
            if (Bare(value.ToString()) == wanted)
            {
                return value;
            }
        }

        throw new FormatException($"is none of {Words<TEnum>().Replace("|", ", ", StringComparison.Ordinal)}");
    }

    public static string WriteEnum<TEnum>(TEnum value) where TEnum : struct, Enum => Kebab(value.ToString());

    public static string Words<TEnum>() where TEnum : struct, Enum => string.Join('|', Enum.GetValues<TEnum>().Select(WriteEnum));

    /// <summary>A value of any type that options have, as the readers above read it; null for null.</summary>
    public static string? Write(object? value) => value switch
    {
        null => null,
        TimeSpan span => WriteDuration(span),
        bool flag => flag ? "true" : "false",
        Enum word => Kebab(word.ToString()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>A name without what people write differently: case, hyphens, underscores.</summary>
    public static string Bare(string name) =>
        name.Trim().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    private static (string Number, string Unit) SplitUnit(string text)
    {
        int digits = text.Length;
        while (digits > 0 && char.IsAsciiLetter(text[digits - 1]))
        {
            digits--;
        }

        return (text[..digits].TrimEnd(), text[digits..].ToLowerInvariant());
    }

    private static string Kebab(string name)
    {
        StringBuilder words = new();
        foreach (char c in name)
        {
            if (char.IsAsciiLetterUpper(c) && words.Length > 0)
            {
                words.Append('-');
            }

            words.Append(char.ToLowerInvariant(c));
        }

        return words.ToString();
    }
}
