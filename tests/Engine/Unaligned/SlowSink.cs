using OrleansStream.Engine.Tests.Jobs;

namespace OrleansStream.Engine.Tests.Unaligned;

/// <summary>An <see cref="ExternalSink"/> that takes a batch whenever the test says so.</summary>
internal sealed class SlowSink(ExternalOutput output, SlowSink.Pace pace) : ITwoPhaseSink<string>
{
    private readonly ExternalSink _inner = new(output, new Faults());

    public string Description => "slow";

    public ISinkWriter<string> CreateWriter(SinkContext context)
    {
        pace.Wakes.Add(context.Wake);
        return new Writer(_inner.CreateWriter(context), pace);
    }

    public ISinkCommitter CreateCommitter(SinkContext context) => _inner.CreateCommitter(context);

    internal sealed class Pace
    {
        public List<Action> Wakes { get; } = [];

        /// <summary>How many batches may be taken.</summary>
        public int Batches { get; set; }

        /// <summary>Lets all subtasks together take some more batches.</summary>
        public void Allow(int batches)
        {
            Batches = batches;
            foreach (Action wake in Wakes)
            {
                wake();
            }
        }
    }

    private sealed class Writer(ISinkWriter<string> inner, Pace pace) : ISinkWriter<string>
    {
        public int Write(ReadOnlySpan<string> values, ReadOnlySpan<long> timestamps)
        {
            if (pace.Batches == 0)
            {
                return 0;
            }

            int n = inner.Write(values, timestamps);
            pace.Batches -= n == values.Length ? 1 : 0;
            return n;
        }

        public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId) => inner.EndEpoch(checkpointId);

        public void Dispose() => inner.Dispose();
    }
}
