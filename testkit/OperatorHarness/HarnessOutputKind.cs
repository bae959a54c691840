namespace OrleansStream.TestKit;

/// <summary>What left the operator.</summary>
public enum HarnessOutputKind
{
    /// <summary>A record of the main output.</summary>
    Record,

    /// <summary>A record of a side output.</summary>
    Side,

    /// <summary>A watermark.</summary>
    Watermark,

    /// <summary>The output became idle.</summary>
    Idle,

    /// <summary>The output became active again.</summary>
    Active,

    /// <summary>The end of the input.</summary>
    End,
}
