namespace OrleansStream;

/// <summary>Makes a record of a value. Called on the subtask's thread.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
/// <param name="value">The value.</param>
/// <param name="record">Takes the record; empty at first.</param>
public delegate void KafkaRecordWriter<T>(in T value, KafkaRecordBuilder record);
