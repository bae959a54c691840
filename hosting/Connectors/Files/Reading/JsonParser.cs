using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansStream.Connectors.Files;

/// <summary>A JSON value per line.</summary>
internal sealed class JsonParser<T>(JsonTypeInfo<T> type) : LineParser<T>
{
    protected override ParseStatus Parse(ReadOnlySpan<byte> line, out T value)
    {
        value = default!;
        if (line.IsEmpty || line.IndexOfAnyExcept(" \t\r"u8) < 0)
        {
            return ParseStatus.Empty;
        }

        try
        {
            T? read = JsonSerializer.Deserialize(line, type);
            if (read is null)
            {
                return Bad("the line is the JSON value null, which is no record");
            }

            value = read;
            return ParseStatus.Record;
        }
        catch (JsonException e)
        {
            return Bad(Describe(e));
        }
        catch (Exception e) when (BadInput.Is(e))
        {
            return Bad($"the line is no {typeof(T).Name}: {e.Message}");
        }
    }

    // The serializer counts lines within what it was given, always 0 here, and columns from 0.
    private static string Describe(JsonException e)
    {
        string message = e.Message;
        int place = message.IndexOf(" Path: ", StringComparison.Ordinal);
        place = place >= 0 ? place : message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        if (place > 0)
        {
            message = message[..place];
        }

        string path = e.Path is null or "$" ? "" : $", at {e.Path}";
        string column = e.BytePositionInLine is { } byteInLine ? $", byte {byteInLine + 1} of the line" : "";
        return $"the line is no {typeof(T).Name} in JSON: {message.TrimEnd('.')}{path}{column}";
    }
}
