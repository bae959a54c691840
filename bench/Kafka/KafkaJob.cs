using System.Diagnostics;
using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Kafka;

/// <summary>The Kafka workloads as a user would write them.</summary>
internal sealed class KafkaJob(string servers, string from, string to, bool isTumbling) : IStreamJob
{
    private static long s_began;

    /// <summary>When the first record was read.</summary>
    public static long Began => Volatile.Read(ref s_began);

    public static void Reset() => Volatile.Write(ref s_began, 0);

    public void Define(StreamEnvironment env)
    {
        KafkaSource<WorkloadEvent> source = KafkaSource.For<WorkloadEvent>(from).Records(Read).WithBootstrapServers(servers).StopAtLatest();
        ExactlyOnceKafkaSink<WorkloadOutput> sink = KafkaSink.For<WorkloadOutput>(to).Records(Write).WithBootstrapServers(servers).ExactlyOnce();
        DataStream<WorkloadEvent> events = env.FromSource(
            source, isTumbling ? WatermarkStrategy.Monotonous<WorkloadEvent>().WithTimestamps(e => e.Time) : WatermarkStrategy.None<WorkloadEvent>());
        DataStream<WorkloadEvent> open = events.Filter(e => e.Key != KafkaEvents.ClosingKey);
        if (isTumbling)
        {
            open.KeyBy(e => e.Key).Window(TumblingWindows.Of(TimeSpan.FromSeconds(1)))
                .Aggregate(default(CountOfEvents), (window, key, count) => new WorkloadOutput(key, window.End, count)).SinkTo(sink);
        }
        else
        {
            open.Map(e => new WorkloadOutput(e.Key, e.Time, (e.Value * 3) + 1)).SinkTo(sink);
        }
    }

    private static bool Read(in KafkaRecord record, out WorkloadEvent value)
    {
        if (s_began == 0)
        {
            Interlocked.CompareExchange(ref s_began, Stopwatch.GetTimestamp(), 0);
        }

        (long key, long first, long time) = KafkaEvents.Read(record.Key, record.Value);
        value = new WorkloadEvent(key, first, time);
        return true;
    }

    private static void Write(in WorkloadOutput value, KafkaRecordBuilder record)
    {
        record.Partition = (int)(value.A % KafkaEvents.Partitions);
        record.Timestamp = Batch<WorkloadOutput>.NoTimestamp;
        record.Key.WriteInt64(value.A);
        record.Value.WriteInt64(value.B);
        record.Value.WriteInt64(value.C);
    }

    private readonly struct CountOfEvents : IAggregate<WorkloadEvent, long, long>
    {
        public long Create() => 0;

        public void Add(ref long accumulator, in WorkloadEvent value) => accumulator++;

        public long Result(in long accumulator) => accumulator;

        public void Merge(ref long into, in long from) => into += from;
    }
}
