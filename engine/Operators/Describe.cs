using System.Globalization;

namespace OrleansStream.Engine.Operators;

/// <summary>Values in messages: short, and never failing because a user's ToString does.</summary>
internal static class Describe
{
    public static string Value<T>(T value)
    {
        string text;
        try
        {
            text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "null";
        }
#pragma warning disable CA1031 // A message about an error must not cause another one.
        catch (Exception e)
#pragma warning restore CA1031
        {
            text = $"({typeof(T).Name} whose ToString throws {e.GetType().Name})";
        }

        return text.Length > 200 ? string.Concat(text.AsSpan(0, 200), "…") : text;
    }

    public static string Timestamp(long timestamp) => timestamp switch
    {
        long.MinValue => "none",
        long.MaxValue => "max",
        >= -62135596800000 and <= 253402300799999 =>
            DateTimeOffset.FromUnixTimeMilliseconds(timestamp).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
        _ => timestamp.ToString(CultureInfo.InvariantCulture),
    };
}
