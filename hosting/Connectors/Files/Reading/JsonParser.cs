using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansStream.Formats;

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
            return Bad(BadInput.Describe<T>(e, "line"));
        }
        catch (Exception e) when (BadInput.Is(e))
        {
            return Bad($"the line is no {typeof(T).Name}: {e.Message}");
        }
    }
}
