namespace OrleansStream.Formats;

/// <summary>The columns of a CSV file.</summary>
internal sealed class CsvHeader
{
    private const int Twice = -1;

    private readonly Dictionary<string, int> _indexes = new(StringComparer.OrdinalIgnoreCase);
    private readonly string[] _names;

    public CsvHeader(IReadOnlyList<string> names)
    {
        _names = [.. names];
        for (int i = 0; i < _names.Length; i++)
        {
            if (!_indexes.TryAdd(_names[i], i))
            {
                _indexes[_names[i]] = Twice;
            }
        }
    }

    public int Count => _names.Length;

    public bool Contains(string column) => _indexes.ContainsKey(column);

    public int IndexOf(string column) => _indexes.TryGetValue(column, out int index) && index >= 0
        ? index
        : throw new FormatException(
            index == Twice
                ? $"the header has the column '{column}' twice"
                : $"column '{column}' is missing: the header has {string.Join(", ", _names)}");
}
