using System.Globalization;
using OrleansStream.Kafka.Broker;

namespace OrleansStream.Kafka.Jobs;

/// <summary>
/// The job that is killed: numbers of a topic, per key and second, into another topic, exactly once; or each number by itself (<c>--set each=true</c>). A record is <c>key,number</c> with Kafka's
/// timestamp as its time.
/// </summary>
public sealed class PipelineJob : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env)
    {
        JobArguments arguments = env.Arguments;
        string servers = arguments.Get("servers", "localhost:9092");
        int pauseMs = arguments.Get("pause", 0);
        int seen = 0;
        KafkaSource<Reading> source = KafkaSource.For<Reading>(arguments.Get("in", "in")).Records(ReadRecord).WithBootstrapServers(servers).StopAtLatest();
        DataStream<Reading> readings = env.FromSource(source, WatermarkStrategy.BoundedOutOfOrderness<Reading>(TimeSpan.FromMilliseconds(500))).WithUid("readings")
            .Map(r =>
            {
                if (pauseMs > 0 && ++seen % 100 == 0)
                {
                    Thread.Sleep(pauseMs);
                }

                return r;
            });
        DataStream<string> rows = arguments.Get("each", false)
            ? readings.Map(r => string.Create(CultureInfo.InvariantCulture, $"{r.Key},{r.Number}"))
            : readings.KeyBy(r => r.Key).Window(TumblingWindows.Of(TimeSpan.FromSeconds(1)))
                .Aggregate(new Total(), (window, key, total) => string.Create(CultureInfo.InvariantCulture, $"{key},{window.Start},{total.Count},{total.Sum}")).WithUid("totals");
        string topic = arguments.Get("out", "out");
        Topics topics = new(servers);
        ExactlyOnceKafkaSink<string> sink = KafkaSink.Strings(topic).WithKeys(r => r[..r.IndexOf(',', StringComparison.Ordinal)]).WithBootstrapServers(servers).ExactlyOnce()
            .WithMaxTransactionBytes(arguments.Get("max-transaction", 64 << 20))
            .WithMarkTopic(arguments.Get("marks", "orleansstream-marks"))
            .WithChunkBytes(arguments.Get("chunk", 256 << 10))
            .WithSpoolBytes(arguments.Get("spool", 64 << 20))
            .OnUnknownEpoch(Enum.Parse<Commits.UnknownEpochPolicy>(arguments.Get("unknown", "Fail")));
        rows.SinkTo(new PhaseSink<string>(sink, arguments.Get("phase", ""), arguments.Get("at", 1), arguments.Get("signal", "kill"), () => topics.HasOpenTransaction(topic))).WithUid("out");
    }

    private static bool ReadRecord(in KafkaRecord record, out Reading value)
    {
        ReadOnlySpan<byte> text = record.Value;
        int comma = text.IndexOf((byte)',');
        value = new Reading(int.Parse(text[..comma], CultureInfo.InvariantCulture), long.Parse(text[(comma + 1)..], CultureInfo.InvariantCulture));
        return true;
    }

    /// <summary>A number.</summary>
    public readonly record struct Reading(int Key, long Number);

    /// <summary>Count and sum.</summary>
    public readonly struct Total : IAggregate<Reading, (long Count, long Sum), (long Count, long Sum)>
    {
        /// <inheritdoc/>
        public (long Count, long Sum) Create() => default;

        /// <inheritdoc/>
        public void Add(ref (long Count, long Sum) total, in Reading value) => total = (total.Count + 1, total.Sum + value.Number);

        /// <inheritdoc/>
        public void Merge(ref (long Count, long Sum) into, in (long Count, long Sum) from) => into = (into.Count + from.Count, into.Sum + from.Sum);

        /// <inheritdoc/>
        public (long Count, long Sum) Result(in (long Count, long Sum) total) => total;
    }
}
