namespace OrleansStream.Engine;

/// <summary>What a call of <see cref="Runnable.Run"/> did.</summary>
public enum Progress
{
    /// <summary>There is nothing to do until something comes in or <see cref="Runnable.NextWakeMs"/>.</summary>
    Idle,

    /// <summary>Something was done; call again.</summary>
    Made,

    /// <summary>There is work, but the output is full; call again when the consumer has taken something.</summary>
    Blocked,

    /// <summary>It has ended and is not to be called again.</summary>
    Done,
}
