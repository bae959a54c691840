namespace OrleansStream;

/// <summary>The form of CSV files. Text is UTF-8; fields may be quoted with <c>"</c>, a quote in them is doubled, and a quoted field may contain line ends.</summary>
public sealed record CsvOptions
{
    /// <summary>What stands between fields: an ASCII character that is no quote, letter, digit or line end. Default: a comma.</summary>
    public char Separator { get; init; } = ',';

    /// <summary>The names of the columns of files without a header line. Default: null, the first line of each file has the names.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    internal CsvOptions Validated() => char.IsAscii(Separator) && !char.IsLetterOrDigit(Separator) && Separator is not ('"' or '\r' or '\n')
        ? this
        : throw new JobDefinitionException($"The CSV separator '{Separator}' is refused: it must be an ASCII character that is no quote, letter, digit or line end.");
}
