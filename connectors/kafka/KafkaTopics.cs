using System.Text.Json.Serialization.Metadata;
using OrleansStream.Connectors.Kafka.Reading;
using OrleansStream.Formats;

namespace OrleansStream;

/// <summary>Topics of which it is still to be said how their records are read.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed class KafkaTopics<T>
{
    private readonly KafkaSourceOptions _options;

    internal KafkaTopics(KafkaSourceOptions options)
    {
        _options = options;
    }

    /// <summary>Reads values as JSON.</summary>
    /// <param name="type">How a value is read, from a source-generated <c>JsonSerializerContext</c>.</param>
    public KafkaSource<T> JsonValues(JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new KafkaSource<T>(_options, options => new JsonReader<T>(type, options.SkipTombstones));
    }

    /// <summary>Reads each value as a row of CSV, a constructor parameter or property of the type from the column of its name.</summary>
    /// <param name="columns">The names of the columns.</param>
    /// <param name="separator">What stands between fields.</param>
    public KafkaSource<T> CsvValues(IReadOnlyList<string> columns, char separator = ',') => CsvValues(columns, CsvBinder.Create<T>(), separator);

    /// <summary>Reads each value as a row of CSV.</summary>
    /// <param name="columns">The names of the columns.</param>
    /// <param name="read">Makes a value of a row.</param>
    /// <param name="separator">What stands between fields.</param>
    public KafkaSource<T> CsvValues(IReadOnlyList<string> columns, CsvRowReader<T> read, char separator = ',')
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(read);
        CsvOptions form = new CsvOptions { Columns = columns, Separator = separator }.Validated();
        return new KafkaSource<T>(_options, options => new CsvReader<T>(form, read, options.SkipTombstones));
    }

    /// <summary>Reads records with a function that sees key, value, headers and timestamp in place.</summary>
    /// <param name="read">Makes a value of a record.</param>
    public KafkaSource<T> Records(KafkaRecordReader<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        return new KafkaSource<T>(_options, _ => new CustomReader<T>(read));
    }
}
