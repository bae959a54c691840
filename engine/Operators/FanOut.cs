using OrleansStream.Engine.Channels;

namespace OrleansStream.Engine.Operators;

/// <summary>Copies records to several receivers. A receiver that is full holds back the others by no more than the link in front of it holds.</summary>
internal sealed class FanOut<T>(OutputLink<T>[] branches) : IReceiver<T>
{
    public IReadOnlyList<OutputLink<T>> Branches => branches;

    public int Receive(Batch<T> batch, int from)
    {
        int taken = 0;
        while (from + taken < batch.Count)
        {
            if (!TryFlush())
            {
                return taken;
            }

            int n = Math.Min(batch.Count - from - taken, branches[0].Room);
            foreach (OutputLink<T> branch in branches)
            {
                Array.Copy(batch.Values, from + taken, branch.Buffer.Values, 0, n);
                Array.Copy(batch.Timestamps, from + taken, branch.Buffer.Timestamps, 0, n);
                branch.Buffer.Count = n;
            }

            taken += n;
        }

        TryFlush();
        return taken;
    }

    public bool Control(in Element element)
    {
        if (!TryFlush())
        {
            return false;
        }

        bool all = true;
        foreach (OutputLink<T> branch in branches)
        {
            all &= branch.Control(in element);
        }

        return all;
    }

    private bool TryFlush()
    {
        bool all = true;
        foreach (OutputLink<T> branch in branches)
        {
            all &= branch.TryFlush();
        }

        return all;
    }
}

/// <summary>Takes everything and keeps nothing: an output that nobody reads.</summary>
internal sealed class Nowhere<T> : IReceiver<T>
{
    public static readonly Nowhere<T> Instance = new();

    public int Receive(Batch<T> batch, int from) => batch.Count - from;

    public bool Control(in Element element) => true;
}
