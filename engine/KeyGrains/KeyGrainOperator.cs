using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.KeyAccess;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.KeyGrains;

/// <summary>Hosts an object per active key. Watermarks, timers, barriers and the end of input wait for the calls of what came before them.</summary>
internal sealed class KeyGrainOperator<TKey, TIn, TOut> : KeyedOperator<TKey, TIn, TOut>
{
    private readonly KeyObjects<TKey, TIn, TOut> _objects;

    public KeyGrainOperator(OperatorSetup setup, Func<GrainBody<TKey, TIn, TOut>> create, GrainSettings settings) : base(setup)
    {
        _objects = new KeyObjects<TKey, TIn, TOut>(this, Keyed, Main, base.Advance, create, settings);
    }

    public override bool MakesCalls => true;

    public override bool AwaitsCalls => _objects.AwaitsCalls;

    public override long NextClockMs => _objects.NextClockMs;

    public override long NextDeadlineMs => _objects.NextDeadlineMs;

    /// <summary>How many keys have an object.</summary>
    public long ActiveCount => _objects.ActiveCount;

    public override void OpenInBackground() => _objects.OpenInBackground();

    public override void Open()
    {
        _objects.Open();
        base.Open();
    }

    public override void BeginClosing() => _objects.BeginClosing();

    public override void Close()
    {
        _objects.Close();
        base.Close();
    }

    public override bool Advance() => _objects.Advance();

    public override void OnDeadline(long nowMs) => _objects.OnDeadline(nowMs);

    public override bool OnClock(long nowMs) => _objects.FireClock(nowMs) && Advance();

    public override bool Settle() => _objects.Settle();

    public override void Unsettle() => _objects.Unsettle();

    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot)
    {
        base.OnBarrier(barrier, snapshot);
        _objects.Unsettle();
    }

    public override void OnKeyMail(KeyMail mail)
    {
        if (mail.Request.IsTell)
        {
            _objects.Tell(mail);
        }
        else
        {
            base.OnKeyMail(mail);
        }
    }

    public override bool Control(in Element element)
    {
        if (!_objects.Drain())
        {
            return false;
        }

        if (element.Kind == ElementKind.EndOfInput)
        {
            _objects.EndInput();
        }

        return base.Control(in element);
    }

    protected override int Process(KeyedBatch<TKey, TIn> batch, int from)
    {
        int at = from;
        while (at < batch.Count && _objects.TryAdd(batch.KeyAt(at), batch.Hashes[at], in batch.Values[at], batch.Timestamps[at]))
        {
            at++;
        }

        return at - from;
    }

    protected override void RestoreWatermark(StoredWatermark stored)
    {
        base.RestoreWatermark(stored);
        _objects.Watermark = stored.Value;
    }

    protected override bool OnWatermark(long watermark)
    {
        if (_objects.Watermark != watermark)
        {
            if (!_objects.Drain())
            {
                return false;
            }

            _objects.Watermark = watermark;
        }

        return _objects.FireTimers(_objects.Timers.EventTime, watermark, TimeDomain.EventTime);
    }
}
