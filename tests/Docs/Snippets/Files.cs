using System.Text.Json.Serialization;

namespace OrleansStream.Docs.Files;

internal sealed record Trip(string Id, DateTimeOffset Start, int Minutes, string? Comment);

[JsonSerializable(typeof(Trip))]
internal sealed partial class TripJson : JsonSerializerContext;

internal static class TripFiles
{
    public static void Define(StreamEnvironment env)
    {
        #region file-sources
        WatermarkStrategy<Trip> watermarks = WatermarkStrategy.BoundedOutOfOrderness<Trip>(TimeSpan.FromMinutes(10)).WithTimestamps(t => t.Start);

        env.FromSource(FileSource.Lines("logs/**/*.log"));                                                // a string per line
        env.FromSource(FileSource.JsonLines("trips", TripJson.Default.Trip), watermarks);                 // all files of a folder
        env.FromSource(FileSource.Csv<Trip>("trips.csv"), watermarks);                                    // columns by the names of the members
        env.FromSource(FileSource.Csv("trips/*.txt", row => new Trip(row.Text("id"), row.Get<DateTimeOffset>("start"), row.Get<int>("minutes"), null), new CsvOptions { Separator = ';' }));
        env.FromSource(FileSource.JsonLines("inbox", TripJson.Default.Trip).Watch(TimeSpan.FromSeconds(5)), watermarks.WithIdleness(TimeSpan.FromMinutes(1)));
        #endregion

        #region other-sources
        env.FromSource(GeneratorSource.Unbounded(i => new Trip($"trip {i}", DateTimeOffset.UnixEpoch.AddSeconds(i), (int)(i % 90), null), recordsPerSecond: 1000), watermarks);
        OperatorStream<Trip> trips = env.FromCollection([new Trip("a", DateTimeOffset.UnixEpoch, 12, null)], watermarks);
        #endregion

        #region file-sinks
        trips.SinkTo(FileSink.JsonLines("out/trips", TripJson.Default.Trip).ExactlyOnce()).WithUid("files");
        trips.SinkTo(FileSink.Csv<Trip>("out/table").WithPartBytes(16 << 20));                            // at least once
        trips.Map(t => $"{t.Id}: {t.Minutes} minutes").SinkTo(FileSink.Lines("out/lines").ExactlyOnce());
        trips.Print("trip");
        #endregion
    }
}
