using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using OrleansStream.Formats;

namespace OrleansStream.Connectors.Kafka.Reading;

/// <summary>Values made by a function of the user's.</summary>
internal sealed class CustomReader<T>(KafkaRecordReader<T> read) : RecordReader<T>
{
    public override bool Read(in KafkaRecord record, out T value) => read(in record, out value);
}

/// <summary>Values in a format, which a record without a value is not in.</summary>
internal abstract class ValueReader<T>(bool skipTombstones) : RecordReader<T>
{
    public sealed override bool Read(in KafkaRecord record, out T value)
    {
        if (record.HasValue)
        {
            value = Parse(record.Value);
            return true;
        }

        value = default!;
        return skipTombstones ? false : throw new FormatException("the record has no value (a tombstone); leave such records out with SkipTombstones, or read them with Records");
    }

    protected abstract T Parse(ReadOnlySpan<byte> value);
}

/// <summary>Values as they are.</summary>
internal sealed class BytesReader(bool skipTombstones) : ValueReader<byte[]>(skipTombstones)
{
    protected override byte[] Parse(ReadOnlySpan<byte> value) => value.ToArray();
}

/// <summary>Values as text.</summary>
internal sealed class TextReader(bool skipTombstones) : ValueReader<string>(skipTombstones)
{
    // Decoding would replace what is invalid, silently.
    protected override string Parse(ReadOnlySpan<byte> value) =>
        Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : throw new FormatException("the value is not valid UTF-8");
}

/// <summary>Values in JSON.</summary>
internal sealed class JsonReader<T>(JsonTypeInfo<T> type, bool skipTombstones) : ValueReader<T>(skipTombstones)
{
    protected override T Parse(ReadOnlySpan<byte> value)
    {
        try
        {
            return JsonSerializer.Deserialize(value, type) ?? throw new FormatException("the value is the JSON value null, which is no record");
        }
        catch (JsonException e)
        {
            throw new FormatException(BadInput.Describe<T>(e, "value"), e);
        }
    }
}

/// <summary>Values that are a row of CSV each.</summary>
internal sealed class CsvReader<T>(CsvOptions options, CsvRowReader<T> read, bool skipTombstones) : ValueReader<T>(skipTombstones)
{
    private readonly CsvParser<T> _parser = new(options, read);
    private byte[] _row = new byte[256];

    protected override T Parse(ReadOnlySpan<byte> value)
    {
        if (_row.Length < value.Length)
        {
            _row = new byte[Math.Max(value.Length, _row.Length * 2)];
        }

        value.CopyTo(_row);
        return _parser.Read(_row, 0, value.Length, isLast: true, out T read) switch
        {
            ParseStatus.Record when _parser.Consumed == value.Length => read,
            ParseStatus.Record => throw new FormatException("the value is more than one row of CSV"),
            ParseStatus.Bad => throw new FormatException(_parser.Problem),
            _ => throw new FormatException("the value is an empty row of CSV"),
        };
    }
}
