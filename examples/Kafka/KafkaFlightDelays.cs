using OrleansStream.Examples.Flights;

namespace OrleansStream.Examples.Kafka;

/// <summary>Mean and worst delay of flights per airport and hour, from topic to topic, each result exactly once.</summary>
public sealed class KafkaFlightDelays(string servers, string from, string to, IReadOnlyDictionary<KafkaPartition, long> ends) : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env) =>
        env.FromSource(
                KafkaSource.For<Flight>(from).JsonValues(FlightsJson.Default.Flight).WithBootstrapServers(servers).StopAt(ends),
                WatermarkStrategy.BoundedOutOfOrderness<Flight>(TimeSpan.FromMinutes(10)).WithTimestamps(f => f.Date)).WithName("flights").WithUid("flights")
            .KeyBy(f => f.Origin)
            .Window(TumblingWindows.Of(TimeSpan.FromHours(1)))
            .Aggregate(new DelayStatistics(), (window, origin, sum) => new HourlyDelay(origin, window.StartTime, sum.Count, sum.Mean, sum.Worst)).WithName("delays").WithUid("delays")
            .SinkTo(KafkaSink.For<HourlyDelay>(to).JsonValues(FlightsJson.Default.HourlyDelay).WithKeys(d => d.Origin).WithBootstrapServers(servers).ExactlyOnce()).WithName("topic").WithUid("topic");
}
