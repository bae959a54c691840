namespace OrleansStream;

/// <summary>Input that could not be read as a record.</summary>
/// <param name="Where">The place: file and line, topic, partition and offset.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="Content">The input, shortened if it is long.</param>
public sealed record BadRecord(string Where, string Reason, string Content)
{
    /// <summary>The side output of a source that gets bad records with <c>on-bad-record = side-output</c>.</summary>
    public static OutputTag<BadRecord> Tag { get; } = new("bad-records");
}
