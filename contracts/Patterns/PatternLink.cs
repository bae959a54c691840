namespace OrleansStream;

/// <summary>How a step of a pattern follows the one before it.</summary>
internal enum PatternLink
{
    /// <summary>It is the first.</summary>
    Begin,

    /// <summary>With the very next event.</summary>
    Next,

    /// <summary>With the next event that fits; others are skipped.</summary>
    FollowedBy,

    /// <summary>With any later event that fits, each of which makes a match.</summary>
    FollowedByAny,

    /// <summary>The very next event must not fit.</summary>
    NotNext,

    /// <summary>No event that fits may come before the next step.</summary>
    NotFollowedBy,
}
