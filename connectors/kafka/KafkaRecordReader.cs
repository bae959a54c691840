namespace OrleansStream;

/// <summary>
/// Makes a value of a record. Called on the subtask's thread; a FormatException, OverflowException, ArgumentException, InvalidOperationException or JsonException means that it is a bad record, and
/// the job's <c>on-bad-record</c> decides.
/// </summary>
/// <typeparam name="T">The type of the values.</typeparam>
/// <param name="record">The record; valid during the call only.</param>
/// <param name="value">The value.</param>
/// <returns>Whether there is one; false leaves the record out, on purpose and uncounted.</returns>
public delegate bool KafkaRecordReader<T>(in KafkaRecord record, out T value);
