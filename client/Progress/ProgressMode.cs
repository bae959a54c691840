namespace OrleansStream.Client;

/// <summary>How a job's progress is shown.</summary>
public enum ProgressMode
{
    /// <summary>Live on a terminal, plain lines elsewhere.</summary>
    Auto,

    /// <summary>A table that is drawn again four times a second; needs a terminal.</summary>
    Live,

    /// <summary>A log line every few seconds.</summary>
    Plain,

    /// <summary>Not at all.</summary>
    None,
}
