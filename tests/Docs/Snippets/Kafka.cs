using System.Text;
using System.Text.Json.Serialization;

namespace OrleansStream.Docs.Kafka;

#region kafka-job
public sealed record Payment(string Account, decimal Amount, DateTimeOffset Time);

public sealed record Spend(string Account, DateTimeOffset Minute, decimal Amount);

[JsonSerializable(typeof(Payment))]
[JsonSerializable(typeof(Spend))]
public sealed partial class PaymentsJson : JsonSerializerContext;

public sealed class SpendPerMinute : IStreamJob
{
    public void Define(StreamEnvironment env) =>
        env.FromSource(
                KafkaSource.For<Payment>("payments").JsonValues(PaymentsJson.Default.Payment).WithBootstrapServers("localhost:9092"),
                WatermarkStrategy.BoundedOutOfOrderness<Payment>(TimeSpan.FromSeconds(5)).WithTimestamps(p => p.Time).WithIdleness(TimeSpan.FromSeconds(30))).WithUid("payments")
            .KeyBy(p => p.Account)
            .Window(TumblingWindows.Of(TimeSpan.FromMinutes(1)))
            .Aggregate(default(Amounts), (window, account, amount) => new Spend(account, window.StartTime, amount)).WithUid("per-minute")
            .SinkTo(KafkaSink.For<Spend>("spend").JsonValues(PaymentsJson.Default.Spend).WithKeys(s => s.Account).WithBootstrapServers("localhost:9092").ExactlyOnce()).WithUid("spend");
}
#endregion

public readonly struct Amounts : IAggregate<Payment, decimal, decimal>
{
    public decimal Create() => 0;

    public void Add(ref decimal amount, in Payment payment) => amount += payment.Amount;

    public void Merge(ref decimal into, in decimal from) => into += from;

    public decimal Result(in decimal amount) => amount;
}

public sealed record Order(string Customer, long Cents, DateTimeOffset Day);

internal static class Parts
{
    public static KafkaSource<(string Key, int Length)> Source()
    {
        #region kafka-records
        KafkaSource<(string Key, int Length)> source = KafkaSource.For<(string Key, int Length)>("uploads")
            .Records((in KafkaRecord record, out (string Key, int Length) value) =>
            {
                value = (Encoding.UTF8.GetString(record.Key), record.Value.Length);      // spans, valid during the call
                return record.Headers.Text("kind") != "probe";                           // false leaves the record out
            })
            .StartFromTimestamp(DateTimeOffset.UtcNow.AddHours(-1))
            .WithSetting("security.protocol", "ssl");                                    // any setting of librdkafka that is not the connector's own
        #endregion
        return source;
    }

    public static void Sink(DataStream<Order> stream)
    {
        #region kafka-sink
        stream.SinkTo(KafkaSink.For<Order>("orders-by-day")
            .Records((in Order order, KafkaRecordBuilder record) =>
            {
                record.Key.Write(order.Customer);
                record.Value.WriteInt64(order.Cents);
                record.AddHeader("source", "shop"u8);
                record.Timestamp = order.Day.ToUnixTimeMilliseconds();                   // default: the timestamp in the stream
            })
            .WithSetting("compression.type", "zstd")
            .ExactlyOnce()
            .WithTransactionTimeout(TimeSpan.FromMinutes(2)));
        #endregion
    }
}
