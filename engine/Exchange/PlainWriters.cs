using OrleansStream.Engine.Channels;

namespace OrleansStream.Engine.Exchange;

/// <summary>Sends records to its receivers in turn, a run at a time; with one receiver, a forward edge, all to that.</summary>
internal sealed class RoundRobinWriter<T>(Channel[] channels, int first, int batchSize, long timeoutMs)
    : ExchangeWriter<T, Batch<T>>(channels, batchSize, timeoutMs)
{
    private int _next = first % channels.Length;

    protected override Batch<T> NewBatch(int capacity) => new(capacity);

    protected override int Distribute(Batch<T> batch, int from)
    {
        int i = from;
        while (i < batch.Count)
        {
            Lane<Batch<T>> lane = Lanes[_next];
            Batch<T> target = Open(lane);
            int n = Math.Min(batch.Count - i, target.Capacity - target.Count);
            if (Lanes.Length > 1)
            {
                // Small runs keep the receivers even; records one by one would cost more than they bring.
                n = Math.Min(n, 16);
            }

            Array.Copy(batch.Values, i, target.Values, target.Count, n);
            Array.Copy(batch.Timestamps, i, target.Timestamps, target.Count, n);
            target.Count += n;
            i += n;
            bool hasRoom = target.Count < target.Capacity || OnFull(lane);
            _next = _next + 1 == Lanes.Length ? 0 : _next + 1;
            if (!hasRoom)
            {
                break;
            }
        }

        return i - from;
    }
}

/// <summary>Sends every record to every receiver.</summary>
internal sealed class BroadcastWriter<T>(Channel[] channels, int batchSize, long timeoutMs) : ExchangeWriter<T, Batch<T>>(channels, batchSize, timeoutMs)
{
    protected override Batch<T> NewBatch(int capacity) => new(capacity);

    protected override int Distribute(Batch<T> batch, int from)
    {
        int i = from;
        while (i < batch.Count)
        {
            int n = batch.Count - i;
            foreach (Lane<Batch<T>> lane in Lanes)
            {
                Batch<T> target = Open(lane);
                n = Math.Min(n, target.Capacity - target.Count);
            }

            bool hasRoom = true;
            foreach (Lane<Batch<T>> lane in Lanes)
            {
                Batch<T> target = lane.Building!;
                Array.Copy(batch.Values, i, target.Values, target.Count, n);
                Array.Copy(batch.Timestamps, i, target.Timestamps, target.Count, n);
                target.Count += n;
                if (target.Count == target.Capacity)
                {
                    hasRoom &= OnFull(lane);
                }
            }

            i += n;
            if (!hasRoom)
            {
                break;
            }
        }

        return i - from;
    }
}
