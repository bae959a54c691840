using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Operators;

namespace OrleansStream.TestKit;

/// <summary>Takes what leaves one output of one subtask.</summary>
internal abstract class HarnessSink
{
    /// <summary>The operator was thrown away: whatever it still emits is nobody's.</summary>
    public bool IsDiscarding { get; set; }
}

/// <summary>When the sinks of an output refuse, and what they have been told. Outlives the subtasks, so that refusals alternate across restores and nothing is refused for ever.</summary>
internal sealed class HarnessGate(bool attacks)
{
    private readonly Dictionary<int, (long Watermark, bool IsIdle)> _told = [];
    private bool _refuses = true;

    /// <summary>How many more records are taken.</summary>
    public int Budget { get; set; } = int.MaxValue;

    /// <summary>Whether this call is refused; in attack mode every other one is.</summary>
    public bool Refuses()
    {
        if (Budget == 0)
        {
            return true;
        }

        if (!attacks)
        {
            return false;
        }

        bool refuses = _refuses;
        _refuses = !refuses;
        return refuses;
    }

    /// <summary>How many of so many records are taken.</summary>
    public int Take(int offered)
    {
        int taken = Math.Min(attacks ? 1 : offered, Budget);
        Budget -= Budget == int.MaxValue ? 0 : taken;
        return taken;
    }

    /// <summary>Whether a subtask has said this before: it is fresh from a restore, or another output refused what this one had taken.</summary>
    public bool WasTold(int subtask, in Element element)
    {
        (long watermark, bool isIdle) = _told.GetValueOrDefault(subtask, (long.MinValue, false));
        return element.Kind switch
        {
            ElementKind.Watermark => element.Value <= watermark,
            ElementKind.Status => element.IsIdle == isIdle,
            _ => false,
        };
    }

    public void Tell(int subtask, in Element element)
    {
        (long watermark, bool isIdle) = _told.GetValueOrDefault(subtask, (long.MinValue, false));
        _told[subtask] = element.Kind switch
        {
            ElementKind.Watermark => (Math.Max(watermark, element.Value), isIdle),
            ElementKind.Status => (watermark, element.IsIdle),
            _ => (watermark, isIdle),
        };
    }

    /// <summary>The subtasks of a new parallelism have been told nothing.</summary>
    public void Forget() => _told.Clear();
}

internal sealed class HarnessSink<T>(int subtask, HarnessGate gate, Action<T, long> record, Action<Element>? control) : HarnessSink, IReceiver<T>
{
    private long _watermark = long.MinValue;

    public int Receive(Batch<T> batch, int from)
    {
        int offered = batch.Count - from;
        if (IsDiscarding)
        {
            return offered;
        }

        if (gate.Refuses())
        {
            return 0;
        }

        int taken = gate.Take(offered);
        for (int i = from; i < from + taken; i++)
        {
            record(batch.Values[i], batch.Timestamps[i]);
        }

        return taken;
    }

    public bool Control(in Element element)
    {
        if (IsDiscarding)
        {
            return true;
        }

        if (element.Kind == ElementKind.Watermark && element.Value < _watermark)
        {
            throw new InvariantViolatedException($"The operator's watermark went back from {_watermark} to {element.Value}.");
        }

        if (!gate.WasTold(subtask, in element) && gate.Refuses())
        {
            return false;
        }

        gate.Tell(subtask, in element);
        _watermark = element.Kind == ElementKind.Watermark ? element.Value : _watermark;
        control?.Invoke(element);
        return true;
    }
}
