using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Operators;

/// <summary>Gives records timestamps and makes watermarks in mid-stream; swallows those from upstream, but the final one.</summary>
internal sealed class TimestampsOperator<T>(OperatorSetup setup, WatermarkStrategy<T> strategy, WatermarkTiming timing, long tickMs)
    : OneInputOperator<T, T>(setup)
{
    private readonly StreamWatermarks<T> _watermarks = new(strategy, timing);
    private readonly ControlQueue _controls = new();
    private readonly TickSchedule _ticks = new(tickMs);

    public override long NextClockMs => _ticks.NextMs;

    public override void Open() => _ticks.Start(Setup.Host.NowMs);

    public override bool Advance() => SendControls() && base.Advance();

    public override bool OnClock(long nowMs)
    {
        if (!Advance())
        {
            return false;
        }

        if (_ticks.IsDue(nowMs))
        {
            _controls.Add(_watermarks.OnTick(nowMs));
        }

        return Advance();
    }

    public override bool Control(in Element element)
    {
        if (!Advance())
        {
            return false;
        }

        switch (element.Kind)
        {
            case ElementKind.Watermark:
                _controls.Add(_watermarks.OnUpstreamWatermark(element.Value));
                return Advance();
            case ElementKind.Status:
                return true;
            default:
                return ForwardControl(in element);
        }
    }

    protected override int Process(Batch<T> batch, int from)
    {
        int n = Math.Min(batch.Count - from, Main.Room);
        Batch<T> output = Main.Buffer;
        int at = output.Count;
        Span<T> values = output.Values.AsSpan(at, n);
        Span<long> timestamps = output.Timestamps.AsSpan(at, n);
        batch.Values.AsSpan(from, n).CopyTo(values);
        batch.Timestamps.AsSpan(from, n).CopyTo(timestamps);
        EventTimestamps.Assign(Setup, strategy, values, timestamps);
        _controls.Add(_watermarks.OnBatch(values, timestamps, out int taken));
        output.Count = at + taken;
        return taken;
    }

    // Controls come behind what has been emitted.
    private bool SendControls()
    {
        while (!_controls.IsEmpty)
        {
            Element element = _controls.First;
            if (!base.Advance() || !ForwardControl(in element))
            {
                return false;
            }

            if (element.Kind == ElementKind.Watermark)
            {
                Volatile.Write(ref Metrics.WatermarkMs, element.Value);
            }

            _controls.RemoveFirst();
        }

        return true;
    }
}
