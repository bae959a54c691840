using OrleansStream.Hosting;

namespace OrleansStream.Docs.FirstJob;

#region first-job
public sealed record Reading(string Sensor, DateTimeOffset Time, double Degrees);

public sealed record MinuteMean(string Sensor, DateTimeOffset Minute, double Degrees);

public readonly struct Mean : IAggregate<Reading, (double Sum, long Count), double>
{
    public (double Sum, long Count) Create() => (0, 0);

    public void Add(ref (double Sum, long Count) mean, in Reading reading) => mean = (mean.Sum + reading.Degrees, mean.Count + 1);

    public void Merge(ref (double Sum, long Count) into, in (double Sum, long Count) from) => into = (into.Sum + from.Sum, into.Count + from.Count);

    public double Result(in (double Sum, long Count) mean) => mean.Sum / mean.Count;
}

public sealed class MeanPerMinute : IStreamJob
{
    public void Define(StreamEnvironment env) =>
        env.FromSource(
                GeneratorSource.Of(i => new Reading($"sensor {i % 3}", DateTimeOffset.UnixEpoch.AddSeconds(i), i % 40), env.Arguments.Get("count", 100_000)),
                WatermarkStrategy.BoundedOutOfOrderness<Reading>(TimeSpan.FromSeconds(5)).WithTimestamps(r => r.Time)).WithUid("readings")
            .KeyBy(r => r.Sensor)
            .Window(TumblingWindows.Of(TimeSpan.FromMinutes(1)))
            .Aggregate(new Mean(), (window, sensor, mean) => new MinuteMean(sensor, window.StartTime, mean)).WithUid("means")
            .SinkTo(FileSink.Csv<MinuteMean>(env.Arguments.Get("output", "out/means")).ExactlyOnce()).WithUid("files");
}
#endregion

internal static class Program
{
    public static async Task<int> RunAsync(string[] args)
    {
        #region first-job-program
        return await LocalCluster.RunAsync<MeanPerMinute>(args);
        #endregion
    }
}
