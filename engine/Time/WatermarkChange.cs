namespace OrleansStream.Engine.Time;

/// <summary>
/// What leaves a valve, a combiner or a source after one input: nothing, a watermark, a change of status, or several of these. They go out in this order: active,
/// watermark, idle.
/// </summary>
/// <param name="BecomesActive">Whether the output becomes active; goes out before the watermark.</param>
/// <param name="Watermark">The watermark that goes out; <see cref="NoWatermark"/> for none.</param>
/// <param name="BecomesIdle">Whether the output becomes idle; goes out after the watermark.</param>
internal readonly record struct WatermarkChange(bool BecomesActive, long Watermark, bool BecomesIdle)
{
    /// <summary>Stands for "no watermark" wherever a watermark can stand.</summary>
    public const long NoWatermark = long.MinValue;

    /// <summary>The last watermark of all: no record follows.</summary>
    public const long Final = long.MaxValue;

    /// <summary>Nothing goes out.</summary>
    public static WatermarkChange None => new(false, NoWatermark, false);

    /// <summary>Whether a watermark goes out.</summary>
    public bool HasWatermark => Watermark != NoWatermark;

    /// <summary>Whether nothing goes out.</summary>
    public bool IsNone => Watermark == NoWatermark && !BecomesActive && !BecomesIdle;
}
