using System.Text;
using System.Text.Unicode;
using OrleansStream.Formats;

namespace OrleansStream.Connectors.Files;

/// <summary>Lines as strings.</summary>
internal sealed class TextParser : LineParser<string>
{
    protected override ParseStatus Parse(ReadOnlySpan<byte> line, out string value)
    {
        value = "";
        if (line.IsEmpty)
        {
            return ParseStatus.Empty;
        }

        // Decoding would replace what is invalid, silently.
        if (!Utf8.IsValid(line))
        {
            return Bad("the line is not valid UTF-8");
        }

        value = Encoding.UTF8.GetString(line);
        return ParseStatus.Record;
    }
}
