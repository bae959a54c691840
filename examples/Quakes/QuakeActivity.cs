namespace OrleansStream.Examples.Quakes;

/// <summary>Earthquakes per region in sessions of activity: a session ends when the ground was quiet for <c>gap</c> hours.</summary>
public sealed class QuakeActivity : IStreamJob
{
    /// <summary>The sample is a week that was sorted by the last change of a record, so that quakes are up to 160 hours out of order.</summary>
    private const int DaysOutOfOrder = 7;

    private static readonly OutputTag<Earthquake> s_late = new("late");

    /// <summary>The file that is read unless <c>input</c> names another.</summary>
    public static string Sample { get; } = Path.Combine(AppContext.BaseDirectory, "data", "earthquakes.jsonl");

    /// <inheritdoc/>
    public void Define(StreamEnvironment env)
    {
        int gapHours = env.Arguments.Get("gap", 6);
        string output = env.Arguments.Get("output", "out/quakes");
        OperatorStream<Activity> activity = env.FromSource(
                FileSource.JsonLines(env.Arguments.Get("input", Sample), QuakesJson.Default.Earthquake),
                WatermarkStrategy.BoundedOutOfOrderness<Earthquake>(TimeSpan.FromDays(DaysOutOfOrder)).WithTimestamps(quake => quake.Time)).WithUid("quakes")
            .KeyBy(quake => quake.Region)
            .Window(SessionWindows.WithGap(TimeSpan.FromHours(gapHours)))
            .SideOutputLate(s_late)
            .Aggregate(new Strength(), (window, region, sum) => new Activity(
                region, window.StartTime, DateTimeOffset.FromUnixTimeMilliseconds(window.End).AddHours(-gapHours), sum.Count, sum.Strongest)).WithUid("activity");
        activity.SinkTo(FileSink.JsonLines(output, QuakesJson.Default.Activity).ExactlyOnce()).WithUid("files");
        activity.GetSideOutput(s_late)
            .SinkTo(FileSink.JsonLines(output + "-late", QuakesJson.Default.Earthquake).ExactlyOnce()).WithUid("late-files");
    }

    /// <summary>How many quakes, and the strongest.</summary>
    public readonly struct Strength : IAggregate<Earthquake, (long Count, double Strongest), (long Count, double Strongest)>
    {
        /// <inheritdoc/>
        public (long Count, double Strongest) Create() => (0, double.NegativeInfinity);

        /// <inheritdoc/>
        public void Add(ref (long Count, double Strongest) accumulator, in Earthquake value) =>
            accumulator = (accumulator.Count + 1, Math.Max(accumulator.Strongest, value.Mag));

        /// <inheritdoc/>
        public void Merge(ref (long Count, double Strongest) into, in (long Count, double Strongest) from) =>
            into = (into.Count + from.Count, Math.Max(into.Strongest, from.Strongest));

        /// <inheritdoc/>
        public (long Count, double Strongest) Result(in (long Count, double Strongest) accumulator) => accumulator;
    }
}
