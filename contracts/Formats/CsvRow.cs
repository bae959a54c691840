using System.Text;
using OrleansStream.Formats;

namespace OrleansStream;

/// <summary>
/// A row of a CSV file, by the names of its columns (upper and lower case are the same). Values are read with the invariant culture, times without an offset as UTC. What cannot be read makes the
/// row a bad record that names the column. Valid during the call of a <see cref="CsvRowReader{T}"/> only.
/// </summary>
public sealed class CsvRow
{
    private readonly List<(int Start, int Length, bool IsEscaped)> _fields = [];
    private byte[] _data = [];
    private byte[] _unescaped = [];
    private CsvHeader? _header;

    internal CsvRow()
    {
    }

    /// <summary>How many fields the row has.</summary>
    public int Count => _fields.Count;

    /// <summary>Whether the file has a column of this name.</summary>
    /// <param name="column">The name.</param>
    public bool Has(string column) => _header!.Contains(column);

    /// <summary>Whether a field is empty.</summary>
    /// <param name="column">The name of its column.</param>
    public bool IsEmpty(string column) => _fields[_header!.IndexOf(column)].Length == 0;

    /// <summary>A field as text, empty if it is.</summary>
    /// <param name="column">The name of its column.</param>
    public string Text(string column) => Text(_header!.IndexOf(column), column);

    /// <summary>A field as a number, time, Guid, Boolean or the like.</summary>
    /// <typeparam name="TValue">The type of the value.</typeparam>
    /// <param name="column">The name of its column.</param>
    public TValue Get<TValue>(string column) where TValue : ISpanParsable<TValue>
    {
        ReadOnlySpan<byte> field = Utf8(_header!.IndexOf(column));
        return CsvValue.TryParse<TValue>(field, out TValue? value) ? value : throw Unreadable<TValue>(column, field);
    }

    /// <summary>A field as a value, null if it is empty.</summary>
    /// <typeparam name="TValue">The type of the value.</typeparam>
    /// <param name="column">The name of its column.</param>
    public TValue? GetNullable<TValue>(string column) where TValue : struct, ISpanParsable<TValue> => IsEmpty(column) ? null : Get<TValue>(column);

    /// <summary>A field as an enum, by name (upper and lower case are the same) or number.</summary>
    /// <typeparam name="TEnum">The type of the value.</typeparam>
    /// <param name="column">The name of its column.</param>
    public TEnum GetEnum<TEnum>(string column) where TEnum : struct, Enum =>
        Enum.TryParse(Text(column), ignoreCase: true, out TEnum value) && Enum.IsDefined(value)
            ? value
            : throw Unreadable<TEnum>(column, Utf8(_header!.IndexOf(column)));

    /// <summary>A field as an enum, null if it is empty.</summary>
    /// <typeparam name="TEnum">The type of the value.</typeparam>
    /// <param name="column">The name of its column.</param>
    public TEnum? GetNullableEnum<TEnum>(string column) where TEnum : struct, Enum => IsEmpty(column) ? null : GetEnum<TEnum>(column);

    internal void Begin(byte[] data)
    {
        _data = data;
        _fields.Clear();
    }

    internal void Add(int start, int length, bool isEscaped) => _fields.Add((start, length, isEscaped));

    internal void Use(CsvHeader header) => _header = header;

    internal string Text(int index, string column)
    {
        ReadOnlySpan<byte> field = Utf8(index);
        return System.Text.Unicode.Utf8.IsValid(field)
            ? Encoding.UTF8.GetString(field)
            : throw new FormatException($"column '{column}' is not valid UTF-8");
    }

    private static FormatException Unreadable<TValue>(string column, ReadOnlySpan<byte> field) =>
        new($"column '{column}': '{BadInput.Excerpt(field)}' is no {typeof(TValue).Name}");

    private ReadOnlySpan<byte> Utf8(int index)
    {
        (int start, int length, bool isEscaped) = _fields[index];
        ReadOnlySpan<byte> raw = _data.AsSpan(start, length);
        if (!isEscaped)
        {
            return raw;
        }

        if (_unescaped.Length < length)
        {
            _unescaped = new byte[length];
        }

        int count = 0;
        for (int i = 0; i < raw.Length; i++)
        {
            _unescaped[count++] = raw[i];
            i += raw[i] == '"' ? 1 : 0;
        }

        return _unescaped.AsSpan(0, count);
    }
}
