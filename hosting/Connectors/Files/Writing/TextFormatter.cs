using System.Text;

namespace OrleansStream.Connectors.Files;

/// <summary>A line of text per record.</summary>
internal sealed class TextFormatter<T>(Func<T, string> format) : RecordFormatter<T>
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override string Extension => ".txt";

    public override void Write(FormatBuffer buffer, in T value)
    {
        string line = format(value);
        if (line.AsSpan().ContainsAny('\n', '\r'))
        {
            throw new InvalidOperationException(
                $"a record with a line end inside cannot be a line: '{(line.Length > 100 ? line[..100] + "…" : line)}'. Replace the line ends, or write JSON lines or CSV.");
        }

        buffer.Advance(s_utf8.GetBytes(line, buffer.GetSpan(s_utf8.GetMaxByteCount(line.Length))));
        buffer.Add((byte)'\n');
    }
}
