namespace OrleansStream;

/// <summary>What a Kafka source does when the offset that it is to read next is gone, by the topic's retention or because the topic was made anew.</summary>
public enum MissingOffsets
{
    /// <summary>The job ends and names partition and offset, since records were lost. The default.</summary>
    Fail,

    /// <summary>It goes on with the oldest record that there is.</summary>
    Earliest,

    /// <summary>It goes on with the next record that comes.</summary>
    Latest,
}
