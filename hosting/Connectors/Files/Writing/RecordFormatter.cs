namespace OrleansStream.Connectors.Files;

/// <summary>Writes records as bytes. One per writer; on the subtask's thread.</summary>
internal abstract class RecordFormatter<T>
{
    /// <summary>The extension of the files, with the dot.</summary>
    public abstract string Extension { get; }

    /// <summary>Writes what a file begins with.</summary>
    public virtual void WriteHeader(FormatBuffer buffer)
    {
    }

    /// <summary>Writes a record and its line end.</summary>
    public abstract void Write(FormatBuffer buffer, in T value);
}
