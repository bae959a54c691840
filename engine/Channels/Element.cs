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
/// <param name="Unaligned">Whether it may overtake records.</param>
/// <param name="AlignedTimeoutMs">How long it waits for them at each subtask before it does.</param>
public sealed record CheckpointBarrier(long CheckpointId, string Folder, bool Stop = false, bool Drain = false, bool Unaligned = false, long AlignedTimeoutMs = 0);

/// <summary>Tells a consumer of a barrier before it has read what stands before it.</summary>
/// <param name="Barrier">The barrier; a savepoint's is never announced.</param>
/// <param name="Position">Where it stands in the channel: all that was put in earlier comes before it.</param>
/// <param name="Overtakes">
/// Whether it has overtaken records at the sender. Then it stands at its position without being an element there; else it is one, and comes when what is before it has been read.
/// </param>
internal sealed record BarrierAnnouncement(CheckpointBarrier Barrier, long Position, bool Overtakes);
