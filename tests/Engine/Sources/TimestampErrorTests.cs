using System.Text.Json.Serialization;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Sources;

public sealed partial class TimestampErrorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ostream-test").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_timestamp_out_of_range_names_file_and_line()
    {
        string path = Write("""{"time":1000}""", """{"time":9000000000000000}""", """{"time":2000}""");
        BadRecordException error = await Assert.ThrowsAsync<BadRecordException>(() => RunAsync(path, BadRecordPolicy.Fail, e => e.Time));
        Assert.Contains($"{path}:2", error.Message, StringComparison.Ordinal);
        Assert.Contains("9000000000000000 is out of range", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timestamp_out_of_range_is_left_out_and_counted_when_bad_records_are_skipped()
    {
        string path = Write("""{"time":1000}""", """{"time":9000000000000000}""", """{"time":2000}""");
        Assert.Equal(1, await RunAsync(path, BadRecordPolicy.Skip, e => e.Time));
    }

    [Fact]
    public async Task A_timestamp_function_that_throws_names_record_file_and_line()
    {
        string path = Write("""{"time":1000}""", """{"time":7}""");
        UserCodeException error = await Assert.ThrowsAsync<UserCodeException>(
            () => RunAsync(path, BadRecordPolicy.Fail, e => e.Time == 7 ? throw new FormatException("seven") : e.Time));
        Assert.Contains($"{path}:2", error.Message, StringComparison.Ordinal);
        Assert.Contains("seven", error.Message, StringComparison.Ordinal);
    }

    private static async Task<long> RunAsync(string path, BadRecordPolicy policy, Func<Timed, long> timestamp)
    {
        await using LocalCluster cluster = new(new LocalClusterOptions { Workers = 1 });
        LocalJob job = cluster.Submit(
            "timestamps", () => new Job(path, timestamp), new JobOptions { Parallelism = 1, OnBadRecord = policy });
        await job.WaitAsync();
        return job.Status.Operators.Sum(o => o.BadRecords);
    }

    private string Write(params string[] lines)
    {
        string path = Path.Combine(_folder, "events.jsonl");
        File.WriteAllLines(path, lines);
        return path;
    }

    public sealed record Timed([property: JsonPropertyName("time")] long Time);

    [JsonSerializable(typeof(Timed))]
    private sealed partial class TimedJson : JsonSerializerContext;

    private sealed class Job(string path, Func<Timed, long> timestamp) : IStreamJob
    {
        public void Define(StreamEnvironment env) =>
            env.FromSource(FileSource.JsonLines(path, TimedJson.Default.Timed), WatermarkStrategy.Monotonous<Timed>().WithTimestamps(timestamp))
               .SinkTo(ConsoleSink.Of<Timed>(writer: TextWriter.Null));
    }
}
