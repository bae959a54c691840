namespace OrleansStream;

/// <summary>Makes a record of a row. Called on the subtask's thread; a FormatException, OverflowException or ArgumentException means that the row is a bad record.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
/// <param name="row">The row; valid during the call only.</param>
public delegate T CsvRowReader<out T>(CsvRow row);
