namespace OrleansStream;

/// <summary>Input could not be read as a record, and the job's <c>on-bad-record</c> is <c>fail</c>.</summary>
public sealed class BadRecordException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="source">The name of the source operator.</param>
    /// <param name="record">What could not be read.</param>
    public BadRecordException(string source, BadRecord record)
        : base($"{record.Where}: {record.Reason} (source '{source}'): {record.Content}. Correct it, or set --on-bad-record skip (counted) or side-output.")
    {
        Record = record;
    }

    /// <summary>What could not be read.</summary>
    public BadRecord Record { get; }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.ExternalSystem;
}
