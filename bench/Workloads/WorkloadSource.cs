using System.Buffers.Binary;

namespace OrleansStream.Bench.Workloads;

/// <summary>Makes the events of the workloads: one split per source, its position the next event's index.</summary>
public sealed class WorkloadSource(WorkloadParameters parameters, WorkloadTally tally, int stream = 0) : ISource<WorkloadEvent>
{
    /// <inheritdoc/>
    public string Description => stream == 0 ? "events" : "more events";

    /// <inheritdoc/>
    public bool IsBounded => true;

    /// <inheritdoc/>
    public ISplitEnumerator CreateEnumerator(SourceContext context) => new Enumerator(parameters.Parallelism);

    /// <inheritdoc/>
    public ISourceReader<WorkloadEvent> CreateReader(SourceContext context) => new Reader(parameters, tally, stream);

    private sealed class Enumerator(int sources) : ISplitEnumerator
    {
        public TimeSpan? DiscoveryInterval => null;

        public IReadOnlyList<SourceSplit> Discover() =>
            [.. Enumerable.Range(0, sources).Select(i => new SourceSplit(i.ToString("d3", System.Globalization.CultureInfo.InvariantCulture)))];

        public void Dispose()
        {
        }
    }

    private sealed class Reader(WorkloadParameters parameters, WorkloadTally tally, int stream) : ISourceReader<WorkloadEvent>
    {
        private readonly Dictionary<int, EventSource> _splits = [];
        private readonly List<int> _open = [];

        public void AddSplit(int handle, SourceSplit split)
        {
            tally.Begin();
            EventSource source = new(parameters, int.Parse(split.Id, System.Globalization.CultureInfo.InvariantCulture), stream);
            if (split.Position.Length > 0)
            {
                source.Seek(BinaryPrimitives.ReadInt64LittleEndian(split.Position.Span));
            }

            _splits.Add(handle, source);
            _open.Add(handle);
        }

        public PollResult Poll(SourceOutput<WorkloadEvent> output)
        {
            if (_open.Count == 0)
            {
                return PollResult.Nothing;
            }

            int handle = _open[^1];
            EventSource source = _splits[handle];
            Span<WorkloadEvent> values = output.Free(out Span<long> timestamps);
            int n = source.Fill(values, timestamps);
            output.Advance(n);
            if (n == values.Length)
            {
                // Splits take turns, so that one that was given two does not run ahead in the other.
                if (_open.Count > 1)
                {
                    _open.RemoveAt(_open.Count - 1);
                    _open.Insert(0, handle);
                }

                return PollResult.Read(handle);
            }

            _open.RemoveAt(_open.Count - 1);
            return PollResult.End(handle);
        }

        public ReadOnlyMemory<byte> Position(int handle)
        {
            byte[] position = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(position, _splits[handle].Next);
            return position;
        }

        public void Dispose()
        {
        }
    }
}
