using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.InFlight;

/// <summary>
/// Gives an operator what was under way to it when the snapshot was taken, before anything new. On the subtask's thread; it can be suspended between any two records, and what is left then is part of the next
/// snapshot.
/// </summary>
internal abstract class InFlightReplay
{
    /// <summary>Whether everything has been read.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Hands on a batch or a control element, or notices that there is none any more. The controls that it added before have gone out.</summary>
    /// <param name="controls">Gets watermarks; null where only records are handed on.</param>
    /// <returns>False if the receiver took nothing.</returns>
    public abstract bool TryStep(ControlQueue? controls);

    /// <summary>Puts what is left into a snapshot.</summary>
    public abstract void Capture(SnapshotCollector snapshot, int subtask);
}

/// <summary>
/// Within a stage it reads the sequence whose watermark is lowest, so that a record meets the watermark that it would have met without the failure, also where sequences of several subtasks with different
/// watermarks have come together; the watermark that goes out is the smallest of all.
/// </summary>
internal sealed class InFlightReplay<T> : InFlightReplay
{
    private readonly IReceiver<T> _receiver;
    private readonly Queue<InFlightSequence<T>[]> _stages;
    private InFlightSequence<T>[] _current = [];
    private WatermarkValve? _valve;
    private bool _isDone;

    public InFlightReplay(IReceiver<T> receiver, IEnumerable<InFlightSequence<T>> sequences)
    {
        _receiver = receiver;
        _stages = new Queue<InFlightSequence<T>[]>(
            sequences.GroupBy(s => s.Stage).OrderBy(g => g.Key).Select(g => g.OrderBy(s => s.Edge.Name, StringComparer.Ordinal).ThenBy(s => s.From).ThenBy(s => s.To).ToArray()));
        _isDone = !NextStage();
    }

    public override bool IsDone => _isDone;

    public override bool TryStep(ControlQueue? controls)
    {
        int at = Lowest();
        if (at < 0)
        {
            _isDone = !NextStage();
            return true;
        }

        InFlightSequence<T> sequence = _current[at];
        if (sequence.NextRecords(out int from) is { } records)
        {
            int taken = _receiver.Receive(records, from);
            if (taken > 0)
            {
                sequence.Take(taken);
            }

            return taken > 0;
        }

        Element control = sequence.TakeControl();
        WatermarkChange change = control.Kind == ElementKind.Watermark ? _valve!.OnWatermark(at, control.Value) : _valve!.OnStatus(at, control.IsIdle);
        // The status is not told: who is idle now says so again.
        if (change.HasWatermark)
        {
            controls?.Add(Element.Watermark(change.Watermark));
        }

        return true;
    }

    public override void Capture(SnapshotCollector snapshot, int subtask)
    {
        if (_isDone)
        {
            return;
        }

        int stage = 0;
        foreach (InFlightSequence<T>[] sequences in _stages.Prepend(_current))
        {
            foreach (InFlightSequence<T> sequence in sequences)
            {
                snapshot.AddInFlight(sequence.Edge, sequence.Remainder(stage, subtask));
            }

            stage++;
        }
    }

    private int Lowest()
    {
        int lowest = -1;
        for (int i = 0; i < _current.Length; i++)
        {
            if (!_current[i].IsExhausted && (lowest < 0 || _current[i].Watermark < _current[lowest].Watermark))
            {
                lowest = i;
            }
        }

        return lowest;
    }

    private bool NextStage()
    {
        if (!_stages.TryDequeue(out InFlightSequence<T>[]? next))
        {
            return false;
        }

        _current = next;
        _valve = new WatermarkValve(next.Length);
        return true;
    }
}
