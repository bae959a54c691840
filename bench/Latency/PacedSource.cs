using System.Diagnostics;
using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Latency;

/// <summary>The events of a workload at a fixed rate; the timestamp of each is when it was meant to be sent, in nanoseconds of the monotonic clock: a source that falls behind does not hide its delay.</summary>
public sealed class PacedSource(WorkloadParameters workload, double perSecond) : ISource<WorkloadEvent>
{
    /// <inheritdoc/>
    public string Description => "paced events";

    /// <inheritdoc/>
    public bool IsBounded => true;

    /// <summary>The monotonic clock in nanoseconds.</summary>
    public static long NowNs => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

    /// <inheritdoc/>
    public ISplitEnumerator CreateEnumerator(SourceContext context) => new Enumerator(workload.Parallelism);

    /// <inheritdoc/>
    public ISourceReader<WorkloadEvent> CreateReader(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Reader(context, workload, 1e9 * workload.Parallelism / perSecond);
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

    private sealed class Reader(SourceContext context, WorkloadParameters workload, double nsPerEvent) : ISourceReader<WorkloadEvent>
    {
        private EventSource? _events;
        private int _split;
        private long _startNs;
        private long _next;

        public void AddSplit(int handle, SourceSplit split)
        {
            _split = handle;
            _events = new EventSource(workload, int.Parse(split.Id, System.Globalization.CultureInfo.InvariantCulture));
            _startNs = NowNs;
        }

        public PollResult Poll(SourceOutput<WorkloadEvent> output)
        {
            if (_events is null)
            {
                return PollResult.Nothing;
            }

            long due = (long)((NowNs - _startNs) / nsPerEvent);
            if (due <= _next)
            {
                context.WakeAt(context.ProcessingTime + 1);
                return PollResult.Nothing;
            }

            Span<WorkloadEvent> events = output.Free(out Span<long> timestamps);
            int wanted = (int)Math.Min(events.Length, due - _next);
            int n = _events.Fill(events[..wanted], timestamps[..wanted]);
            for (int i = 0; i < n; i++)
            {
                timestamps[i] = _startNs + (long)((_next + i) * nsPerEvent);
            }

            _next += n;
            output.Advance(n);
            if (n == wanted)
            {
                return PollResult.Read(_split);
            }

            _events = null;
            return PollResult.End(_split);
        }

        public ReadOnlyMemory<byte> Position(int handle) => BitConverter.GetBytes(_next);

        public void Dispose()
        {
        }
    }
}
