using System.Globalization;
using System.Text;
using OrleansStream.Connectors.Files;

namespace OrleansStream;

/// <summary>
/// Takes the fields of a row of a CSV file, in the order of the columns. Numbers and times are written with the invariant culture; what contains a separator, quote or line end is quoted. Valid
/// during the call that it is given to only.
/// </summary>
public sealed class CsvRowWriter
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte _separator;
    private FormatBuffer? _buffer;
    private int _start;

    internal CsvRowWriter(char separator)
    {
        _separator = (byte)separator;
    }

    /// <summary>How many fields the row has so far.</summary>
    public int Count { get; private set; }

    /// <summary>Writes a text; null is an empty field.</summary>
    /// <param name="value">The text.</param>
    public CsvRowWriter Text(string? value)
    {
        FormatBuffer buffer = Next();
        if (string.IsNullOrEmpty(value))
        {
            return this;
        }

        Span<byte> place = buffer.GetSpan(s_utf8.GetMaxByteCount(value.Length));
        int length = s_utf8.GetBytes(value, place);
        if (place[..length].IndexOfAny(_separator, (byte)'"', (byte)'\n') < 0 && !place[..length].Contains((byte)'\r') && value[0] != ' ' && value[^1] != ' ')
        {
            buffer.Advance(length);
            return this;
        }

        buffer.Add((byte)'"');
        buffer.Advance(s_utf8.GetBytes(value.Replace("\"", "\"\"", StringComparison.Ordinal), buffer.GetSpan(s_utf8.GetMaxByteCount(value.Length * 2))));
        buffer.Add((byte)'"');
        return this;
    }

    /// <summary>Writes a number, time, Guid or the like; times in the round-trip format.</summary>
    /// <typeparam name="TValue">The type of the value.</typeparam>
    /// <param name="value">The value.</param>
    public CsvRowWriter Value<TValue>(TValue value) where TValue : ISpanFormattable => Text(value switch
    {
        DateTime or DateTimeOffset or DateOnly or TimeOnly => value.ToString("O", CultureInfo.InvariantCulture),
        _ => value.ToString(null, CultureInfo.InvariantCulture),
    });

    internal void Begin(FormatBuffer buffer)
    {
        _buffer = buffer;
        _start = buffer.Count;
        Count = 0;
    }

    internal void QuoteIfEmpty()
    {
        if (_buffer!.Count == _start)
        {
            _buffer.Add("\"\""u8);
        }
    }

    internal void End()
    {
        _buffer!.Add((byte)'\n');
        _buffer = null;
    }

    private FormatBuffer Next()
    {
        FormatBuffer buffer = _buffer ?? throw new InvalidOperationException("A CSV row was written outside of the call that it was given to.");
        if (Count++ > 0)
        {
            buffer.Add(_separator);
        }

        return buffer;
    }
}
