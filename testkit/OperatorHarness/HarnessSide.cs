using OrleansStream.Engine.Operators;

namespace OrleansStream.TestKit;

/// <summary>A side output that the test reads.</summary>
internal abstract class HarnessSide(OutputTag tag)
{
    public OutputTag Tag { get; } = tag;

    public abstract HarnessSink Attach(Operator op, int subtask, HarnessGate gate, Action<HarnessOutput> log);
}

internal sealed class HarnessSide<T>(OutputTag<T> tag) : HarnessSide(tag)
{
    public List<T> Records { get; } = [];

    public override HarnessSink Attach(Operator op, int subtask, HarnessGate gate, Action<HarnessOutput> log)
    {
        op.AddSide<T>(Tag);
        HarnessSink<T> sink = new(
            subtask,
            gate,
            (value, timestamp) =>
            {
                Records.Add(value);
                log(new HarnessOutput(HarnessOutputKind.Side, value, timestamp, Tag));
            },
            null);
        op.FindSide<T>(Tag)!.AddTarget(sink);
        return sink;
    }
}
