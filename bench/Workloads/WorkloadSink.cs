namespace OrleansStream.Bench.Workloads;

/// <summary>Adds up the checksum of the workloads.</summary>
public sealed class WorkloadSink(WorkloadTally tally) : ISink<WorkloadOutput>
{
    /// <inheritdoc/>
    public string Description => "checksum";

    /// <inheritdoc/>
    public ISinkWriter<WorkloadOutput> CreateWriter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Writer(tally, context.Subtask);
    }

    private sealed class Writer(WorkloadTally tally, int subtask) : ISinkWriter<WorkloadOutput>
    {
        public int Write(ReadOnlySpan<WorkloadOutput> values, ReadOnlySpan<long> timestamps)
        {
            ulong sum = 0;
            foreach (ref readonly WorkloadOutput record in values)
            {
                sum += Checksum.Record(record.A, record.B, record.C);
            }

            tally.Add(subtask, values.Length, sum);
            return values.Length;
        }

        public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId) => static () => [];

        public void Dispose()
        {
        }
    }
}
