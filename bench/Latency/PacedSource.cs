using System.Diagnostics;
using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Latency;

/// <summary>Makes events at a fixed rate for a fixed time, each with its intended send time.</summary>
public sealed class PacedSource(int sources, double perSecond, double seconds, long keys) : ISource<LatencyEvent>
{
    /// <inheritdoc/>
    public string Description => "paced events";

    /// <inheritdoc/>
    public bool IsBounded => true;

    /// <inheritdoc/>
    public ISplitEnumerator CreateEnumerator(SourceContext context) => new Enumerator(sources);

    /// <inheritdoc/>
    public ISourceReader<LatencyEvent> CreateReader(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Reader(context, perSecond / sources, (long)(perSecond / sources * seconds), keys);
    }

    private sealed class Enumerator(int sources) : ISplitEnumerator
    {
        public TimeSpan? DiscoveryInterval => null;

        public IReadOnlyList<SourceSplit> Discover() =>
            [.. Enumerable.Range(0, sources).Select(i => new SourceSplit(i.ToString("d3", System.Globalization.CultureInfo.InvariantCulture)))];

        public void Dispose()
        {
        }
    }

    private sealed class Reader(SourceContext context, double perSecond, long count, long keys) : ISourceReader<LatencyEvent>
    {
        private readonly double _nsPerEvent = 1e9 / perSecond;
        private int _split = -1;
        private long _startNs;
        private long _next;

        public void AddSplit(int handle, SourceSplit split)
        {
            _split = handle;
            _startNs = NowNs();
        }

        public PollResult Poll(SourceOutput<LatencyEvent> output)
        {
            if (_split < 0)
            {
                return PollResult.Nothing;
            }

            long due = Math.Min(count, (long)((NowNs() - _startNs) / _nsPerEvent));
            if (due <= _next)
            {
                if (_next == count)
                {
                    int split = _split;
                    _split = -1;
                    return PollResult.End(split);
                }

                context.WakeAt(context.ProcessingTime + 1);
                return PollResult.Nothing;
            }

            Span<LatencyEvent> events = output.Free(out Span<long> timestamps);
            int n = (int)Math.Min(events.Length, due - _next);
            for (int i = 0; i < n; i++)
            {
                long index = _next + i;
                ulong hash = Checksum.Mix((ulong)(index + 1) * Checksum.Golden);
                events[i] = new LatencyEvent((long)((hash >> 20) % (ulong)keys), (long)(hash & 1023), _startNs + (long)(index * _nsPerEvent));
                timestamps[i] = index / 1000;
            }

            _next += n;
            output.Advance(n);
            return PollResult.Read(_split);
        }

        public ReadOnlyMemory<byte> Position(int handle) => BitConverter.GetBytes(_next);

        public void Dispose()
        {
        }

        private static long NowNs() => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);
    }
}
