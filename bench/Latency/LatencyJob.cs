namespace OrleansStream.Bench.Latency;

/// <summary>The shapes of the workloads `stateless` and `keyed-sum` over paced events.</summary>
public sealed class LatencyJob(bool keyed, PacedSource source, LatencySink sink) : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env)
    {
        ArgumentNullException.ThrowIfNull(env);
        DataStream<LatencyEvent> events = env.FromSource(source, WatermarkStrategy.Monotonous<LatencyEvent>());
        if (keyed)
        {
            events.KeyBy(e => e.Key)
                  .Aggregate(default(LastSum), (key, acc) => new LatencyEvent(key, acc.Sum, acc.IntendedNs))
                  .SinkTo(sink);
        }
        else
        {
            events.Map(e => e with { Value = (e.Value * 3) + 1 }).Filter(e => (e.Value & 1) == 0).SinkTo(sink);
        }
    }

    private readonly struct LastSum : IAggregate<LatencyEvent, LastSum.Accumulator, LastSum.Accumulator>
    {
        public Accumulator Create() => default;

        public void Add(ref Accumulator accumulator, in LatencyEvent value)
        {
            accumulator.Sum += value.Value;
            accumulator.IntendedNs = value.IntendedNs;
        }

        public Accumulator Result(in Accumulator accumulator) => accumulator;

        public struct Accumulator
        {
            public long Sum;
            public long IntendedNs;
        }
    }
}
