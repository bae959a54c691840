namespace OrleansStream.Formats;

/// <summary>What a parser found at the start of its data.</summary>
internal enum ParseStatus
{
    /// <summary>A record.</summary>
    Record,

    /// <summary>Something that is no record: an empty line, a header.</summary>
    Empty,

    /// <summary>Something that should be a record and is none.</summary>
    Bad,

    /// <summary>No end of a line in the data; nothing was consumed.</summary>
    NeedMore,
}
