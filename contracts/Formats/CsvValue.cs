using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace OrleansStream.Formats;

/// <summary>Reads a field as a value.</summary>
internal static class CsvValue
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    public static bool TryParse<T>(ReadOnlySpan<byte> field, [MaybeNullWhen(false)] out T value) where T : ISpanParsable<T>
    {
        // The comparisons are decided when the method is compiled for T.
        if (typeof(T) == typeof(int))
        {
            return Is(int.TryParse(field, NumberStyles.Integer, s_culture, out int number), number, out value);
        }

        if (typeof(T) == typeof(long))
        {
            return Is(long.TryParse(field, NumberStyles.Integer, s_culture, out long number), number, out value);
        }

        // The default styles of these take "1,5" for 15; and a number that is too large is no infinity.
        if (typeof(T) == typeof(double))
        {
            return Is(double.TryParse(field, NumberStyles.Float, s_culture, out double number) && double.IsFinite(number), number, out value);
        }

        if (typeof(T) == typeof(float))
        {
            return Is(float.TryParse(field, NumberStyles.Float, s_culture, out float number) && float.IsFinite(number), number, out value);
        }

        if (typeof(T) == typeof(decimal))
        {
            return Is(decimal.TryParse(field, NumberStyles.Float, s_culture, out decimal number), number, out value);
        }

        return TryParseText(field, out value);
    }

    private static bool TryParseText<T>(ReadOnlySpan<byte> field, [MaybeNullWhen(false)] out T value) where T : ISpanParsable<T>
    {
        if (!Utf8.IsValid(field))
        {
            value = default;
            return false;
        }

        Span<char> chars = field.Length <= 256 ? stackalloc char[256] : new char[field.Length];
        ReadOnlySpan<char> text = chars[..Encoding.UTF8.GetChars(field, chars)];
        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (typeof(T) == typeof(DateTimeOffset))
        {
            return Is(DateTimeOffset.TryParse(text, s_culture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time), time, out value);
        }

        if (typeof(T) == typeof(DateTime))
        {
            return Is(DateTime.TryParse(text, s_culture, utc, out DateTime time), time, out value);
        }

        return T.TryParse(text, s_culture, out value);
    }

    private static bool Is<TFrom, T>(bool success, TFrom from, [MaybeNullWhen(false)] out T value)
    {
        value = success ? Unsafe.As<TFrom, T>(ref from) : default;
        return success;
    }
}
