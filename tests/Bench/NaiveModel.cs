using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Tests;

/// <summary>The workloads as plainly as they can be said: all events first, then dictionaries.</summary>
internal static class NaiveModel
{
    public static KnownAnswer Run(WorkloadParameters p)
    {
        List<(long A, long B, long C)> records = p.Job.Kind switch
        {
            WorkloadKind.Stateless => [.. Events(p, 0).Select(e => (e.Key, e.Time, (e.Value * 3) + 1)).Where(r => r.Item3 % 2 == 0)],
            WorkloadKind.KeyedSum => Sums(p),
            WorkloadKind.WindowCount => Windows(p, _ => 1),
            WorkloadKind.WindowSum => Windows(p, e => e.Value),
            WorkloadKind.Session => Sessions(p),
            _ => Pairs(p),
        };
        ulong sum = 0;
        foreach ((long a, long b, long c) in records)
        {
            sum += Checksum.Record(a, b, c);
        }

        return new KnownAnswer(records.Count, sum);
    }

    /// <summary>One stream's events by index, written from the definition and not by way of <see cref="EventSource"/>.</summary>
    private static IEnumerable<WorkloadEvent> Events(WorkloadParameters p, int stream)
    {
        long streams = p.Job.Kind == WorkloadKind.Join ? 2 : 1;
        for (long i = 0; i < p.Events / streams; i++)
        {
            long source = i % p.Parallelism;
            ulong h = Checksum.Mix((ulong)(i + (stream * p.Events) + 1) * 0x9E3779B97F4A7C15);
            long key = ((long)((h >> 20) % (ulong)(p.Keys / p.Parallelism)) * p.Parallelism) + source;
            long rate = p.Rate / streams;
            long time = p.Job.Kind == WorkloadKind.Session ? 3 * (i / (3 * rate)) : i / rate;
            yield return new WorkloadEvent(key, (long)(h & 1023), time);
        }
    }

    private static List<(long, long, long)> Sums(WorkloadParameters p)
    {
        Dictionary<long, long> sums = [];
        return [.. Events(p, 0).Select(e => (e.Key, sums[e.Key] = sums.GetValueOrDefault(e.Key) + e.Value, 0L))];
    }

    private static List<(long, long, long)> Windows(WorkloadParameters p, Func<WorkloadEvent, long> part)
    {
        Dictionary<(long Key, long End), long> windows = [];
        foreach (WorkloadEvent e in Events(p, 0))
        {
            long last = e.Time / p.Job.SlideMs * p.Job.SlideMs;
            for (long start = last; start > e.Time - p.Job.SizeMs; start -= p.Job.SlideMs)
            {
                (long, long) window = (e.Key, start + p.Job.SizeMs);
                windows[window] = windows.GetValueOrDefault(window) + part(e);
            }
        }

        return [.. windows.Select(w => (w.Key.Key, w.Key.End, w.Value))];
    }

    private static List<(long, long, long)> Sessions(WorkloadParameters p)
    {
        List<(long, long, long)> closed = [];
        foreach (IGrouping<long, WorkloadEvent> key in Events(p, 0).GroupBy(e => e.Key))
        {
            long end = long.MinValue;
            long count = 0;
            foreach (WorkloadEvent e in key)
            {
                if (count > 0 && e.Time > end)
                {
                    closed.Add((key.Key, end, count));
                    count = 0;
                }

                end = e.Time + p.Job.SizeMs;
                count++;
            }

            closed.Add((key.Key, end, count));
        }

        return closed;
    }

    private static List<(long, long, long)> Pairs(WorkloadParameters p)
    {
        long End(WorkloadEvent e) => ((e.Time / p.Job.SizeMs) + 1) * p.Job.SizeMs;
        return
        [
            .. Events(p, 0)
                .Join(Events(p, 1), l => (l.Key, End(l)), r => (r.Key, End(r)), (l, _) => (l.Key, End: End(l)))
                .GroupBy(pair => pair)
                .Select(g => (g.Key.Key, g.Key.End, (long)g.Count())),
        ];
    }
}
