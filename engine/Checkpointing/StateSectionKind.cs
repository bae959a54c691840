namespace OrleansStream.Engine.Checkpointing;

/// <summary>How the state in a section is shared out when a snapshot is restored. The names are part of the metadata's format.</summary>
public enum StateSectionKind
{
    /// <summary>Keyed state of one key group.</summary>
    Keyed,

    /// <summary>Operator list state: the elements are dealt out.</summary>
    OperatorList,

    /// <summary>Operator union state: every subtask gets all elements.</summary>
    OperatorUnion,

    /// <summary>Broadcast state: every subtask gets one subtask's copy.</summary>
    Broadcast,

    /// <summary>Timers of one key group.</summary>
    Timers,

    /// <summary>Records that were under way in a channel (unaligned checkpoints).</summary>
    InFlight,

    /// <summary>Positions of a source's splits.</summary>
    SourceSplits,

    /// <summary>What a two-phase sink prepared and has not committed yet.</summary>
    Committables,
}
