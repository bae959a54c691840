namespace OrleansStream;

/// <summary>What a trigger wants done with a window.</summary>
[Flags]
public enum TriggerResult
{
    /// <summary>Nothing.</summary>
    Continue = 0,

    /// <summary>Emit the window's result; an empty window emits nothing.</summary>
    Fire = 1,

    /// <summary>Drop the window's contents, but not what the trigger keeps about it.</summary>
    Purge = 2,

    /// <summary>Emit the result, then drop the contents.</summary>
    FireAndPurge = Fire | Purge,
}
