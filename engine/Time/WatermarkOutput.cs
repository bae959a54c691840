namespace OrleansStream.Engine.Time;

/// <summary>
/// The output side of whoever makes watermarks: the watermark never goes back, a status is not repeated, and an idle output wakes up only with a watermark that
/// rises. Mutable struct: keep it in a field that is not readonly.
/// </summary>
internal struct WatermarkOutput
{
    /// <summary>Creates an active output without a watermark.</summary>
    public WatermarkOutput()
    {
    }

    /// <summary>The last watermark that went out.</summary>
    public long Watermark { get; private set; } = WatermarkChange.NoWatermark;

    /// <summary>Whether the output is idle.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>Sends a watermark if it is higher than the last one, waking the output.</summary>
    /// <param name="watermark">The watermark.</param>
    public WatermarkChange Rise(long watermark)
    {
        if (watermark <= Watermark)
        {
            return WatermarkChange.None;
        }

        WatermarkChange change = new(IsIdle, watermark, false);
        Watermark = watermark;
        IsIdle = false;
        return change;
    }

    /// <summary>Wakes the output without a watermark, if it is idle.</summary>
    public WatermarkChange Wake()
    {
        bool wasIdle = IsIdle;
        IsIdle = false;
        return new WatermarkChange(wasIdle, WatermarkChange.NoWatermark, false);
    }

    /// <summary>Sends a watermark if it is higher than the last one, then idleness if the output is not idle now.</summary>
    /// <param name="watermark">The watermark; <see cref="WatermarkChange.NoWatermark"/> for none.</param>
    public WatermarkChange RiseAndGoIdle(long watermark)
    {
        WatermarkChange change = Rise(watermark);
        change = change with { BecomesIdle = !IsIdle };
        IsIdle = true;
        return change;
    }
}
