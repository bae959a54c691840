using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Time;

namespace OrleansStream.TestKit;

/// <content>What has left the operator.</content>
public abstract partial class OperatorHarnessBase<TSelf, TOut>
{
    private void LogRecord(TOut value, long timestamp)
    {
        _output.Add(value);
        _log.Add(new HarnessOutput(HarnessOutputKind.Record, value, timestamp, null));
    }

    // What a fresh subtask says again after a restore has been said before, and is shown once.
    private void LogControl(int subtask, int parallelism, Element element)
    {
        if (element.Kind == ElementKind.EndOfInput)
        {
            _ended.Add(subtask);
            if (!_hasEnded && _ended.Count == parallelism)
            {
                _hasEnded = true;
                _log.Add(new HarnessOutput(HarnessOutputKind.End, null, Batch<TOut>.NoTimestamp, null));
            }

            return;
        }

        // Of one subtask everything is shown as it comes, of several what a valve lets through.
        bool isStatus = element.Kind == ElementKind.Status;
        WatermarkChange change = parallelism > 1
            ? (isStatus ? _outputValve.OnStatus(subtask, element.IsIdle) : _outputValve.OnWatermark(subtask, element.Value))
            : isStatus ? new WatermarkChange(!element.IsIdle, WatermarkChange.NoWatermark, element.IsIdle) : new WatermarkChange(false, element.Value, false);
        if (change.BecomesActive && _isIdle)
        {
            _isIdle = false;
            _log.Add(new HarnessOutput(HarnessOutputKind.Active, null, Batch<TOut>.NoTimestamp, null));
        }

        if (change.HasWatermark && change.Watermark > _lastWatermark)
        {
            _lastWatermark = change.Watermark;
            _watermarks.Add(change.Watermark);
            _log.Add(new HarnessOutput(HarnessOutputKind.Watermark, null, change.Watermark, null));
        }

        if (change.BecomesIdle && !_isIdle)
        {
            _isIdle = true;
            _log.Add(new HarnessOutput(HarnessOutputKind.Idle, null, Batch<TOut>.NoTimestamp, null));
        }
    }
}
