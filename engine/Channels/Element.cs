namespace OrleansStream.Engine.Channels;

/// <summary>The kinds of things that go through a channel.</summary>
internal enum ElementKind : byte
{
    Batch,
    Watermark,
    Status,
    Barrier,
    EndOfInput,
}

/// <summary>A thing in a channel: a batch, or a control element, which is never behind or ahead of the records that it was sent after or before.</summary>
internal readonly struct Element(ElementKind kind, long value, object? payload)
{
    public readonly ElementKind Kind = kind;

    /// <summary>The watermark; for a status 1 for idle and 0 for active; for a batch its size in bytes.</summary>
    public readonly long Value = value;

    /// <summary>The batch or barrier.</summary>
    public readonly object? Payload = payload;

    public bool IsIdle => Value != 0;

    public static Element EndOfInput { get; } = new(ElementKind.EndOfInput, 0, null);

    public static Element Watermark(long watermark) => new(ElementKind.Watermark, watermark, null);

    public static Element Status(bool idle) => new(ElementKind.Status, idle ? 1 : 0, null);

    public static Element Barrier(CheckpointBarrier barrier) => new(ElementKind.Barrier, barrier.CheckpointId, barrier);
}

/// <summary>Separates the records of two checkpoints.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
/// <param name="Folder">Where subtasks put their files.</param>
/// <param name="Stop">Whether sources emit nothing after it.</param>
/// <param name="Drain">Whether sources that stop send the final watermark first.</param>
public sealed record CheckpointBarrier(long CheckpointId, string Folder, bool Stop = false, bool Drain = false);
