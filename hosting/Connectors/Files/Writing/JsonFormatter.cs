using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansStream.Connectors.Files;

/// <summary>A JSON value per line.</summary>
internal sealed class JsonFormatter<T> : RecordFormatter<T>
{
    private readonly JsonTypeInfo<T> _type;
    private readonly JsonWriterOptions _options;
    private Utf8JsonWriter? _writer;

    public JsonFormatter(JsonTypeInfo<T> type)
    {
        _type = type;

        // Never indented, whatever the type's options say: a record is a line.
        _options = new JsonWriterOptions { Encoder = type.Options.Encoder, MaxDepth = type.Options.MaxDepth, SkipValidation = true };
    }

    public override string Extension => ".jsonl";

    public override void Write(FormatBuffer buffer, in T value)
    {
        if (_writer is null)
        {
            _writer = new Utf8JsonWriter(buffer, _options);
        }
        else
        {
            _writer.Reset(buffer);
        }

        JsonSerializer.Serialize(_writer, value, _type);
        _writer.Flush();
        buffer.Add((byte)'\n');
    }
}
