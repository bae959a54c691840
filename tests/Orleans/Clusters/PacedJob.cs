using System.Buffers.Binary;
using System.Globalization;

namespace OrleansStream.Orleans.Tests.Clusters;

/// <summary>A record of the paced job.</summary>
public sealed record Tick(int Split, int Number);

/// <summary>A job that goes as far as its test lets it: four splits, keyed windows across the silos, exactly-once output. With the answer that a plain loop gives.</summary>
internal sealed class PacedJob(int perSplit)
{
    private const int Splits = 4;
    private const int Keys = 17;
    private const int WindowMs = 10;
    private int _allowed;
    private int _failures;

    /// <summary>How many records each split may give so far.</summary>
    public int Allowed
    {
        get => Volatile.Read(ref _allowed);
        set => Volatile.Write(ref _allowed, value);
    }

    public int PerSplit => perSplit;

    /// <summary>Has the next record fail the attempt.</summary>
    public void FailOnce() => Volatile.Write(ref _failures, 1);

    public IReadOnlyList<string> Expected =>
    [
        .. from split in Enumerable.Range(0, Splits)
           from number in Enumerable.Range(0, perSplit)
           group new Tick(split, number) by (Key: KeyOf(new Tick(split, number)), Window: number / WindowMs) into ticks
           select Line(ticks.Key.Key, ticks.Key.Window * WindowMs, ticks.Count(), ticks.Sum(t => (long)t.Number)),
    ];

    public void Define(StreamEnvironment env) =>
        env.FromSource(new Source(this), WatermarkStrategy.Monotonous<Tick>().WithTimestamps(t => (long)t.Number)).WithUid("ticks")
            .Map(Copy).WithUid("copy")
            .KeyBy(KeyOf)
            .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(WindowMs)))
            .Aggregate(new CountAndSum(), (window, key, result) => Line(key, window.Start, result.Count, result.Sum)).WithUid("windows")
            .Rebalance()
            .Collect("out").WithUid("out");

    /// <summary>The same ticks, each key with a keyed grain and a plain operator.</summary>
    public void DefineAccounts(StreamEnvironment env)
    {
        DataStream<Tick> ticks = env.FromSource(new Source(this), WatermarkStrategy.Monotonous<Tick>().WithTimestamps(t => (long)t.Number)).WithUid("ticks");
        ticks.KeyBy(KeyOf).ProcessGrain(() => new TickAccount()).Accepts<Bonus>().Accepts<TellOther>().WithUid("accounts").Collect("accounts");
        ticks.KeyBy(KeyOf).Process(new TickCount()).WithUid("counts").Collect("counts");
    }

    /// <summary>How many ticks each key has had when every split has given so many.</summary>
    public static IReadOnlyDictionary<int, int> CountsAfter(int perSplit) =>
        Enumerable.Range(0, Splits).SelectMany(s => Enumerable.Range(0, perSplit).Select(n => KeyOf(new Tick(s, n)))).CountBy(k => k).ToDictionary();

    private Tick Copy(Tick tick) => Volatile.Read(ref _failures) == 0 || Interlocked.Exchange(ref _failures, 0) == 0 ? tick with { } : throw new InvalidOperationException("as the test wants it");

    private static int KeyOf(Tick tick) => ((tick.Split * 31) + tick.Number) % Keys;

    private static string Line(int key, long start, long count, long sum) => string.Create(CultureInfo.InvariantCulture, $"{key} at {start}: {count}, {sum}");

    private readonly struct CountAndSum : IAggregate<Tick, (long Count, long Sum), (long Count, long Sum)>
    {
        public (long Count, long Sum) Create() => default;

        public void Add(ref (long Count, long Sum) sum, in Tick tick) => sum = (sum.Count + 1, sum.Sum + tick.Number);

        public void Merge(ref (long Count, long Sum) into, in (long Count, long Sum) from) => into = (into.Count + from.Count, into.Sum + from.Sum);

        public (long Count, long Sum) Result(in (long Count, long Sum) sum) => sum;
    }

    private sealed class Source(PacedJob job) : ISource<Tick>
    {
        public string Description => "paced";

        public bool IsBounded => true;

        public ISplitEnumerator CreateEnumerator(SourceContext context) => new Enumerator();

        public ISourceReader<Tick> CreateReader(SourceContext context) => new Reader(job, context);
    }

    private sealed class Enumerator : ISplitEnumerator
    {
        public TimeSpan? DiscoveryInterval => null;

        public IReadOnlyList<SourceSplit> Discover() => [.. Enumerable.Range(0, Splits).Select(i => new SourceSplit($"{i}"))];

        public void Dispose()
        {
        }
    }

    // Looks every few milliseconds whether the test allows more.
    private sealed class Reader(PacedJob job, SourceContext context) : ISourceReader<Tick>
    {
        private const int LookMs = 2;
        private readonly Dictionary<int, (int Split, int Next)> _positions = [];
        private readonly List<int> _open = [];

        public void AddSplit(int handle, SourceSplit split)
        {
            int next = split.Position.IsEmpty ? 0 : BinaryPrimitives.ReadInt32LittleEndian(split.Position.Span);
            _positions.Add(handle, (int.Parse(split.Id, CultureInfo.InvariantCulture), next));
            _open.Add(handle);
        }

        public PollResult Poll(SourceOutput<Tick> output)
        {
            int allowed = Math.Min(job.Allowed, job.PerSplit);
            for (int tries = _open.Count; tries > 0; tries--)
            {
                int handle = _open[0];
                _open.RemoveAt(0);
                (int split, int next) = _positions[handle];
                int before = next;
                while (next < allowed && output.Room > 0)
                {
                    output.Emit(new Tick(split, next++));
                }

                _positions[handle] = (split, next);
                if (next == job.PerSplit)
                {
                    return PollResult.End(handle);
                }

                _open.Add(handle);
                if (next > before)
                {
                    return PollResult.Read(handle);
                }
            }

            context.WakeAt(context.ProcessingTime + LookMs);
            return PollResult.Nothing;
        }

        public ReadOnlyMemory<byte> Position(int handle)
        {
            byte[] bytes = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, _positions[handle].Next);
            return bytes;
        }

        public string Describe(int handle) => string.Create(CultureInfo.InvariantCulture, $"number {_positions[handle].Next}");

        public void Dispose()
        {
        }
    }
}
