namespace OrleansStream.Engine.Frames;

/// <summary>Sizes of the exchange between nodes.</summary>
internal static class FrameLimits
{
    /// <summary>A frame is sent when it has so many bytes, or when nothing more is there.</summary>
    public const int TargetBytes = 32 << 10;

    /// <summary>A frame is never larger, unless a single record is; larger arrays would fall into the large object heap.</summary>
    public const int MaxBytes = 64 << 10;

    /// <summary>Frames that a channel may have on the way whatever the memory in use, so that every job can move.</summary>
    public const int GuaranteedFrames = 2;

    /// <summary>Frames that a channel may have on the way at most; those beyond the guaranteed ones come out of the receiver's budget.</summary>
    public const int MaxFrames = 8;

    /// <summary>After so long without an answer what was sent is sent again, or the receiver is asked.</summary>
    public const long RepeatMs = 1000;
}
