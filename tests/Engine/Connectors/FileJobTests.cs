using System.Collections.Concurrent;
using OrleansStream.Engine.Tests.Checkpointing;
using OrleansStream.Engine.Tests.Hosting;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Connectors;

/// <summary>The connectors in jobs on worker threads.</summary>
public sealed class FileJobTests : IAsyncLifetime
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly CollectedResults _results = new();
    private LocalCluster _cluster = null!;

    private JobOptions Options => new()
    {
        Parallelism = 2,
        BatchSize = 64,
        Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(20), Directory = _folder.File("checkpoints") },
        Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = 10, Delay = TimeSpan.Zero },
    };

    public Task InitializeAsync()
    {
        _cluster = new LocalCluster(new LocalClusterOptions { Workers = 2 }, new OneService(_results));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Files_in_files_out_exactly_once_although_it_fails_over_and_over()
    {
        const int count = 4000;
        string[] lines = [.. Enumerable.Range(0, count).Select(i => $$"""{"sensor":"s{{i % 17}}","value":{{i}}}""")];
        Directory.CreateDirectory(_folder.File("in"));
        File.WriteAllLines(_folder.File("in/a.jsonl"), lines[..1000]);
        File.WriteAllLines(_folder.File("in/b.jsonl"), lines[1000..]);

        // Each of these records fails the job when it is seen for the first time.
        ConcurrentDictionary<int, bool> traps = new(new[] { 100, 900, 1500, 2900, 3999 }.Select(v => KeyValuePair.Create(v, true)));
        void Define(StreamEnvironment env)
        {
            DataStream<Reading> readings = env.FromSource(
                    FileSource.JsonLines(_folder.File("in"), ConnectorJson.Default.Reading).WithSplitBytes(20_000).Throttle(8000))
                .Map(r => traps.TryRemove(r.Value, out _) ? throw new FormatException($"trap {r.Value}") : r);
            readings.SinkTo(FileSink.JsonLines(_folder.File("out"), ConnectorJson.Default.Reading).WithPartBytes(2000).ExactlyOnce());
            readings.KeyBy(r => r.Sensor).Reduce((x, y) => new Reading(x.Sensor, x.Value + y.Value)).Map(r => r.Value).Collect("sums");
            readings.SinkTo(FileSink.Csv<Reading>(_folder.File("live")));
        }

        LocalJob job = _cluster.Submit("copy", () => new Job(Define), Options);
        await job.WaitAsync().WaitAsync(s_deadline);
        Assert.Empty(traps);

        Assert.All(Directory.GetFiles(_folder.File("out")), file => Assert.StartsWith("part-", Path.GetFileName(file), StringComparison.Ordinal));
        Assert.Equal(lines.Order(StringComparer.Ordinal), Directory.GetFiles(_folder.File("out")).SelectMany(File.ReadAllLines).Order(StringComparer.Ordinal));
        Assert.Equal(count, _results.Get<int>("sums").Count);
        Assert.Equal(Enumerable.Range(0, count).ToHashSet(), ReaderHarness<Reading>.ReadAll(FileSource.Csv<Reading>(_folder.File("live"))).Values.Select(r => r.Value).ToHashSet());
    }

    [Fact]
    public async Task A_stopped_job_goes_on_at_another_parallelism()
    {
        File.WriteAllLines(_folder.File("x.txt"), Enumerable.Range(0, 3000).Select(i => $"{i}"));
        void Define(StreamEnvironment env, double rate) => env
            .FromSource(FileSource.Lines(_folder.File("x.txt")).WithSplitBytes(2000).Throttle(rate)).WithUid("in")
            .SinkTo(FileSink.Lines(_folder.File("out")).ExactlyOnce()).WithUid("out");

        LocalJob first = _cluster.Submit("copy", () => new Job(env => Define(env, 1000)), Options);
        Assert.True(SpinWait.SpinUntil(() => Directory.Exists(_folder.File("out")) && Lines().Count > 100, s_deadline), "no output");
        await first.StopAsync().WaitAsync(s_deadline);
        Assert.InRange(Lines().Count, 100, 2999);

        LocalJob second = _cluster.Submit("copy", () => new Job(env => Define(env, 1e6)), Options with { Parallelism = 3, Resume = true });
        await second.WaitAsync().WaitAsync(s_deadline);
        Assert.Equal(Enumerable.Range(0, 3000), Lines().Select(int.Parse).Order());
    }

    [Fact]
    public async Task A_bad_line_fails_the_job_by_file_and_line_or_goes_to_the_side_output()
    {
        string path = _folder.File("x.jsonl");
        File.WriteAllText(path, "{\"sensor\":\"a\",\"value\":1}\nbad\n");
        void Define(StreamEnvironment env)
        {
            OperatorStream<Reading> readings = env.FromSource(FileSource.JsonLines(path, ConnectorJson.Default.Reading));
            readings.Map(r => r.Value).Collect("good");
            readings.GetSideOutput(BadRecord.Tag).Map(b => b.Where).Collect("bad");
        }

        LocalJob failing = _cluster.Submit("strict", () => new Job(Define), Options with { Restart = new RestartOptions { Strategy = RestartKind.None } });
        BadRecordException e = await Assert.ThrowsAsync<BadRecordException>(() => failing.WaitAsync().WaitAsync(s_deadline));
        Assert.Contains($"{path}:2", e.Message, StringComparison.Ordinal);

        LocalJob lenient = _cluster.Submit("lenient", () => new Job(Define), Options with { OnBadRecord = BadRecordPolicy.SideOutput });
        await lenient.WaitAsync().WaitAsync(s_deadline);
        Assert.Equal([1], _results.Get<int>("good"));
        Assert.Equal([$"{path}:2"], _results.Get<string>("bad"));
    }

    [Fact]
    public async Task Generators_collections_and_watched_folders_run_together()
    {
        Directory.CreateDirectory(_folder.File("in"));
        void Define(StreamEnvironment env)
        {
            env.FromSource(GeneratorSource.Of(n => n, 1000)).Collect("numbers");
            env.FromCollection([("a", 1L), ("b", 2L)]).Collect("letters");
            env.FromSource(FileSource.Lines(_folder.File("in")).Watch(TimeSpan.FromMilliseconds(20))).Collect("lines");
        }

        LocalJob job = _cluster.Submit("mixed", () => new Job(Define), Options);
        await Eventually.IsTrueAsync(() => _results.Get<long>("numbers").Count == 1000 && _results.Get<string>("letters").Count == 2, "numbers and letters");
        Assert.Equal(Enumerable.Range(0, 1000).Select(n => (long)n), _results.Get<long>("numbers").Order());
        File.WriteAllText(_folder.File("in/.tmp"), "one\n");
        File.Move(_folder.File("in/.tmp"), _folder.File("in/a.txt"));
        await Eventually.IsTrueAsync(() => _results.Get<string>("lines").Count == 1, "line 1");
        File.AppendAllText(_folder.File("in/a.txt"), "two\n");
        await Eventually.IsTrueAsync(() => _results.Get<string>("lines").Count == 2, "line 2");
        await job.StopAsync().WaitAsync(s_deadline);
        Assert.Equal(["one", "two"], _results.Get<string>("lines"));
    }

    private List<string> Lines() => [.. Directory.GetFiles(_folder.File("out"), "part-*").Where(f => Path.GetFileName(f)[0] == 'p').SelectMany(File.ReadAllLines)];

    private sealed class Job(Action<StreamEnvironment> define) : IStreamJob
    {
        public void Define(StreamEnvironment env) => define(env);
    }
}
