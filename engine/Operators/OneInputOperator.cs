using OrleansStream.Engine.Channels;

namespace OrleansStream.Engine.Operators;

/// <summary>An operator with one input and one main output.</summary>
internal abstract class OneInputOperator<TIn, TOut> : Operator, IReceiver<TIn>
{
    private long _watermark = long.MinValue;
    private bool _firing;

    protected OneInputOperator(OperatorSetup setup) : base(setup)
    {
        Main = AddLink<TOut>(null);
    }

    public OutputLink<TOut> Main { get; }

    /// <summary>The watermark whose timers and windows have fired or are firing.</summary>
    public long Watermark
    {
        get => _watermark;
        private set
        {
            _watermark = value;
            Volatile.Write(ref Metrics.WatermarkMs, value);
        }
    }

    public int Receive(Batch<TIn> batch, int from)
    {
        if (!Advance() || !FinishFiring())
        {
            return 0;
        }

        int taken = 0;
        int count = batch.Count - from;
        while (taken < count)
        {
            int n = Process(batch, from + taken);
            taken += n;
            if (n == 0 || !Advance())
            {
                break;
            }
        }

        if (taken > 0)
        {
            Volatile.Write(ref Metrics.RecordsInCount, Metrics.RecordsInCount + taken);
            Volatile.Write(ref Metrics.RecordsOutCount, Main.Emitted);
        }

        return taken;
    }

    public virtual bool Control(in Element element)
    {
        if (!Advance() || !FinishFiring())
        {
            return false;
        }

        if (element.Kind == ElementKind.Watermark)
        {
            // After a restore upstream makes its watermarks anew; they have gone out once already.
            if (element.Value < _watermark)
            {
                return true;
            }

            if (!Fire(element.Value))
            {
                return false;
            }
        }

        if (!Advance())
        {
            return false;
        }

        Volatile.Write(ref Metrics.RecordsOutCount, Main.Emitted);
        return ForwardControl(in element);
    }

    /// <summary>
    /// Processes records until the output is full or the batch ends, at least one unless the operator itself has no room. The output is empty when it is called.
    /// </summary>
    /// <returns>How many records were taken.</returns>
    protected abstract int Process(Batch<TIn> batch, int from);

    /// <summary>Fires what a watermark sets free. Called again with the same one until it says true.</summary>
    protected virtual bool OnWatermark(long watermark) => true;

    /// <summary>The watermark as it stands in a snapshot.</summary>
    protected StoredWatermark StoredWatermark => new(_watermark, _firing);

    /// <summary>Goes on from the watermark of a snapshot, before the first call of anything else.</summary>
    protected virtual void RestoreWatermark(StoredWatermark stored)
    {
        Watermark = stored.Value;
        _firing = stored.IsFiring;
    }

    private bool Fire(long watermark)
    {
        if (watermark > _watermark)
        {
            Watermark = watermark;
            _firing = true;
        }

        if (_firing)
        {
            _firing = !OnWatermark(_watermark);
        }

        return !_firing;
    }

    // A firing that a snapshot interrupted comes before all else, whatever upstream sends first after the restore.
    private bool FinishFiring() => !_firing || (Fire(_watermark) && Advance());
}
