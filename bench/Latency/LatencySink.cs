using System.Diagnostics;

namespace OrleansStream.Bench.Latency;

/// <summary>Notes how long records took from their intended send time, after a warm-up.</summary>
public sealed class LatencySink(LatencyHistogram histogram, long warmUpUntilNs) : ISink<LatencyEvent>
{
    /// <inheritdoc/>
    public string Description => "latency";

    /// <inheritdoc/>
    public ISinkWriter<LatencyEvent> CreateWriter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Writer(histogram.Part(context.Subtask), warmUpUntilNs);
    }

    private sealed class Writer(long[] buckets, long warmUpUntilNs) : ISinkWriter<LatencyEvent>
    {
        public int Write(ReadOnlySpan<LatencyEvent> values, ReadOnlySpan<long> timestamps)
        {
            long now = Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);
            foreach (ref readonly LatencyEvent value in values)
            {
                if (value.IntendedNs >= warmUpUntilNs)
                {
                    buckets[LatencyHistogram.BucketOf(now - value.IntendedNs)]++;
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
