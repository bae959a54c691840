namespace OrleansStream;

/// <summary>
/// Where records come from. A source is made of splits (a file, a Kafka partition), which an enumerator finds and readers read. One source object belongs to
/// one subtask, since <see cref="IStreamJob.Define"/> runs once per subtask.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public interface ISource<T>
{
    /// <summary>What kind of source it is and what it reads, for names and messages: <c>JSON lines flights.jsonl</c>.</summary>
    string Description { get; }

    /// <summary>Whether the source ends. When all sources of a job have ended all windows fire, all output is committed and the job ends.</summary>
    bool IsBounded { get; }

    /// <summary>Creates the enumerator; called once per attempt, for subtask 0, on the host's I/O pool.</summary>
    /// <param name="context">The place of the source.</param>
    ISplitEnumerator CreateEnumerator(SourceContext context);

    /// <summary>Creates the reader of a subtask; called once per attempt and subtask, on the host's I/O pool.</summary>
    /// <param name="context">The place of the reader, and how it wakes its subtask.</param>
    ISourceReader<T> CreateReader(SourceContext context);
}
