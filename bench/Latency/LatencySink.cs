using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Latency;

/// <summary>Notes how long records took from their intended send time, which is their timestamp, after a warm-up.</summary>
public sealed class LatencySink(LatencyHistogram histogram, long warmUpUntilNs) : ISink<WorkloadOutput>
{
    /// <inheritdoc/>
    public string Description => "latency";

    /// <inheritdoc/>
    public ISinkWriter<WorkloadOutput> CreateWriter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Writer(histogram.Part(context.Subtask), warmUpUntilNs);
    }

    private sealed class Writer(long[] buckets, long warmUpUntilNs) : ISinkWriter<WorkloadOutput>
    {
        public int Write(ReadOnlySpan<WorkloadOutput> values, ReadOnlySpan<long> timestamps)
        {
            long now = PacedSource.NowNs;
            foreach (long intended in timestamps)
            {
                if (intended >= warmUpUntilNs)
                {
                    buckets[LatencyHistogram.BucketOf(now - intended)]++;
                }
            }

            return values.Length;
        }

        public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId) => static () => [];

        public void Dispose()
        {
        }
    }
}
