using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>Takes so many records and then none.</summary>
internal sealed class BudgetSink : IReceiver<string>
{
    public int Budget { get; set; } = int.MaxValue;

    public List<string> Records { get; } = [];

    public List<long> Watermarks { get; } = [];

    public int Receive(Batch<string> batch, int from)
    {
        int taken = Math.Min(Budget, batch.Count - from);
        Records.AddRange(batch.Values[from..(from + taken)]);
        Budget -= taken;
        return taken;
    }

    public bool Control(in Engine.Channels.Element element)
    {
        Watermarks.Add(element.Value);
        return true;
    }
}
