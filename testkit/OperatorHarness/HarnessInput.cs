using OrleansStream.Engine.Operators;
using OrleansStream.Serialization;

namespace OrleansStream.TestKit;

/// <summary>An input of the operator, whatever the number of its subtasks.</summary>
internal abstract class HarnessInput
{
    public abstract HarnessPort NewPort(Operator op);

    /// <summary>Gives records that were under way in the ports of a snapshot to those who own their keys now.</summary>
    public abstract void Reroute(IReadOnlyList<(int Subtask, DataReader Reader)> snapshot, IReadOnlyList<HarnessPort> ports, bool sameParallelism, SerializerRegistry serializers);
}

internal sealed class HarnessInput<T>(int index, HarnessKeys<T> keys) : HarnessInput
{
    public override HarnessPort NewPort(Operator op) => new HarnessPort<T>(op is ITwoInputs two ? (IReceiver<T>)two.Input(index) : (IReceiver<T>)op);

    public void Enqueue(IReadOnlyList<(T Value, long Timestamp)> records, IReadOnlyList<HarnessPort> ports)
    {
        if (keys.IsBroadcast)
        {
            foreach (HarnessPort port in ports)
            {
                ((HarnessPort<T>)port).Enqueue(keys.Batch(records));
            }

            return;
        }

        foreach (IGrouping<int, (T Value, long Timestamp)> target in records.GroupBy(r => keys.SubtaskOf(r.Value, ports.Count)))
        {
            ((HarnessPort<T>)ports[target.Key]).Enqueue(keys.Batch([.. target]));
        }
    }

    public override void Reroute(IReadOnlyList<(int Subtask, DataReader Reader)> snapshot, IReadOnlyList<HarnessPort> ports, bool sameParallelism, SerializerRegistry serializers)
    {
        foreach ((int subtask, DataReader reader) in snapshot)
        {
            List<(T Value, long Timestamp)> records = HarnessPort<T>.ReadRecords(reader, serializers);
            if (records.Count == 0)
            {
                continue;
            }

            if (keys.IsBroadcast && !sameParallelism)
            {
                throw new InvalidOperationException("Broadcast records are under way, and each subtask may be at another one. Restore with as many subtasks as before.");
            }

            if (sameParallelism)
            {
                ((HarnessPort<T>)ports[subtask]).Enqueue(keys.Batch(records));
            }
            else
            {
                Enqueue(records, ports);
            }
        }
    }
}
