using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OrleansStream.Serialization;

namespace OrleansStream.Connectors.Files;

/// <summary>
/// The name of a file that a sink makes: <c>part-uid-incarnation-checkpoint-subtask-attempt-number.ext</c>. Names of one job and sink sort by checkpoint; no two files of any run have the same.
/// A file that is not visible yet has a dot before and <c>.inprogress</c> behind; until its epoch ends its checkpoint is <c>open</c>. A file that is visible from the start has <c>live</c>.
/// </summary>
internal sealed partial record PartName(string Uid, string Incarnation, string Checkpoint, int Subtask, int Attempt, int Number, string Extension)
{
    public const string Open = "open";
    public const string Live = "live";
    private const string HiddenSuffix = ".inprogress";
    private const int LongestUid = 48;

    /// <summary>The name when it can be seen.</summary>
    public string Visible => string.Create(
        CultureInfo.InvariantCulture, $"part-{Uid}-{Incarnation}-{Checkpoint}-{Subtask:D5}-{Attempt:D5}-{Number:D5}{Extension}");

    /// <summary>The name until then.</summary>
    public string Hidden => "." + Visible + HiddenSuffix;

    /// <summary>The checkpoint; nothing for one that is open or live.</summary>
    public long? CheckpointId => long.TryParse(Checkpoint, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : null;

    /// <summary>The part of a name that tells sinks and jobs apart.</summary>
    public static PartName Of(SinkContext context, string extension) => new(
        SafeUid(context.OperatorUid), Short(context.Incarnation), Open, context.Subtask, context.Attempt, 0, extension);

    public static string Padded(long checkpointId) => checkpointId.ToString("D10", CultureInfo.InvariantCulture);

    /// <summary>Reads a name; nothing if it is not of a sink.</summary>
    public static PartName? Parse(string fileName, out bool isHidden)
    {
        Match match = Pattern().Match(fileName);
        isHidden = match.Success && match.Groups["dot"].Length > 0;
        if (!match.Success || isHidden != (match.Groups["hidden"].Length > 0)
            || !Number32(match.Groups["subtask"], out int subtask) || !Number32(match.Groups["attempt"], out int attempt) || !Number32(match.Groups["number"], out int number))
        {
            return null;
        }

        return new PartName(
            match.Groups["uid"].Value, match.Groups["incarnation"].Value, match.Groups["checkpoint"].Value, subtask, attempt, number, match.Groups["extension"].Value);
    }

    private static bool Number32(Group group, out int value) => int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    // What a file name cannot have, or what is too long, is replaced by a hash, so that two uids never get the same name.
    private static string SafeUid(string uid)
    {
        StringBuilder safe = new();
        foreach (char c in uid)
        {
            safe.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '.' ? c : '_');
        }

        if (safe.Length == 0 || safe.Length > LongestUid || !safe.Equals(uid))
        {
            safe.Length = Math.Min(safe.Length, LongestUid - 17);
            safe.Append(CultureInfo.InvariantCulture, $"_{XxHash64.Hash(Encoding.UTF8.GetBytes(uid)):x16}");
        }

        return safe.ToString();
    }

    private static string Short(string incarnation)
    {
        string hex = incarnation.Length >= 12 && incarnation.AsSpan().IndexOfAnyExcept("0123456789abcdef") < 0
            ? incarnation
            : XxHash64.Hash(Encoding.UTF8.GetBytes(incarnation)).ToString("x16", CultureInfo.InvariantCulture);
        return hex[..12];
    }

    [GeneratedRegex(
        @"^(?<dot>\.?)part-(?<uid>[A-Za-z0-9_.]+)-(?<incarnation>[0-9a-f]{12})-(?<checkpoint>[0-9]{10,19}|open|live)-(?<subtask>[0-9]{5,})-(?<attempt>[0-9]{5,})-(?<number>[0-9]{5,})(?<extension>\.[a-z]+)(?<hidden>(\.inprogress)?)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
