namespace OrleansStream.Formats;

/// <summary>Finds and reads the next record in a buffer of bytes. One per split.</summary>
internal abstract class RecordParser<T>
{
    /// <summary>How many bytes the last step took.</summary>
    public int Consumed { get; protected set; }

    /// <summary>How many lines end in them.</summary>
    public int Lines { get; protected set; }

    /// <summary>What is wrong, after <see cref="ParseStatus.Bad"/>.</summary>
    public string Problem { get; protected set; } = "";

    /// <summary>Whether the first line of the file must be read before one in its middle.</summary>
    public virtual bool NeedsHeader => false;

    /// <summary>The file begins anew.</summary>
    public virtual void Restart()
    {
    }

    /// <summary>Takes one step.</summary>
    /// <param name="data">The buffer.</param>
    /// <param name="from">Where the next record begins.</param>
    /// <param name="to">Where the data ends.</param>
    /// <param name="isLast">Whether the file ends there, so that a last line without an end counts; then never <see cref="ParseStatus.NeedMore"/>.</param>
    /// <param name="value">The record.</param>
    public abstract ParseStatus Read(byte[] data, int from, int to, bool isLast, out T value);
}
