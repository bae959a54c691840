namespace OrleansStream.Connectors.Files;

/// <summary>What a call of <see cref="FileSplitReader{T}.Read"/> did.</summary>
internal enum SplitStatus
{
    /// <summary>It read something; there may be more.</summary>
    Progress,

    /// <summary>A watched file has nothing new.</summary>
    Waiting,

    /// <summary>The split is read to its end.</summary>
    Ended,
}
