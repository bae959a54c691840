using OrleansStream.Engine.Tests.GoldenJobs;

namespace OrleansStream.Engine.Tests.Jobs;

/// <summary>Windows over readings, with a two-phase sink and a source that can be held back.</summary>
internal sealed class WindowJob(int splits = 2, int records = 60)
{
    private readonly Reading[][] _splits = Reading.Splits(splits, records);

    public SourceGate Gate { get; } = new();

    public ExternalOutput Output { get; } = new();

    public Faults Faults { get; init; } = new();

    /// <summary>Windows of the first records of each split.</summary>
    public IReadOnlyList<string> Expected(int first = int.MaxValue) =>
        [.. _splits.SelectMany(s => s.Take(first)).GroupBy(r => (r.Key, Start: r.Time - (r.Time % 100))).Select(g => $"{g.Key.Key} {g.Key.Start}: {Reading.Count(g)}")];

    public void Define(StreamEnvironment env) => DefineWith(env, Faults);

    public void DefineWith(StreamEnvironment env, Faults faults) => env.FromSource(new ListSource<Reading>("readings", _splits, gate: Gate), Reading.Watermarks).WithUid("source")
        .Map(r =>
        {
            faults.Pass("map");
            return r;
        })
        .KeyBy(r => r.Key)
        .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100)))
        .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"{key} {window.Start}: {result.Count}:{result.Sum}").WithUid("windows")
        .SinkTo(new ExternalSink(Output, faults)).WithUid("sink");
}
