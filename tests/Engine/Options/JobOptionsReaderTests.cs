using System.Collections;
using System.Text;
using Microsoft.Extensions.Configuration;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Options;

public sealed class JobOptionsReaderTests
{
    private static readonly ExtraOption s_rate = new("rate", "Records a second.") { ValueName = "records", IsArgument = true };
    private static readonly ExtraOption s_overwrite = new("overwrite", "Empties the output.");

    [Fact]
    public void Arguments_go_before_the_environment_that_before_the_file_that_before_the_program()
    {
        JobOptions defaults = new() { Parallelism = 1, BatchSize = 11, BufferTimeout = TimeSpan.FromMilliseconds(11), Name = "program" };
        JobOptions options = Read(
            ["--parallelism", "4"],
            new() { ["OSTREAM_PARALLELISM"] = "3", ["OSTREAM_EXCHANGE__BATCH_SIZE"] = "33", ["PATH"] = "/bin" },
            """{ "OrleansStream": { "parallelism": 2, "exchange.batch-size": 22, "exchange": { "buffer-timeout": "22ms" } } }""",
            defaults).Options;

        Assert.Equal((4, 33, 22.0, "program"), (options.Parallelism, options.BatchSize, options.BufferTimeout.TotalMilliseconds, options.Name));
    }

    [Fact]
    public void Names_of_the_three_places_mean_the_same()
    {
        TimeSpan pause = TimeSpan.FromSeconds(7);
        Assert.Equal(pause, Read(["--checkpointing.min-pause", "7s"]).Options.Checkpointing.MinPause);
        Assert.Equal(pause, Read(["--checkpointing.min-pause=00:00:07"]).Options.Checkpointing.MinPause);
        Assert.Equal(pause, Read([], new() { ["OSTREAM_CHECKPOINTING__MIN_PAUSE"] = "7000ms" }).Options.Checkpointing.MinPause);
        Assert.Equal(pause, Read([], json: """{ "OrleansStream": { "Checkpointing": { "MinPause": "7s" } } }""").Options.Checkpointing.MinPause);
        Assert.Equal(RestartKind.FixedDelay, Read([], json: """{ "OrleansStream": { "restart": { "strategy": "fixed-delay", "attempts": 3 } } }""").Options.Restart.Strategy);
    }

    [Fact]
    public void Short_names_and_flags_are_read()
    {
        JobOptions options = Read(
            ["--checkpoint-dir", "ckpt", "--job-name", "j", "--resume", "--allow-dropped-state", "true", "--on-bad-record", "side-output", "--set", "limit=5=6", "--set", "b=x"]).Options;

        Assert.Equal(("ckpt", "j", true, true), (options.Checkpointing.Directory, options.Name, options.Resume, options.AllowDroppedState));
        Assert.Equal(BadRecordPolicy.SideOutput, options.OnBadRecord);
        Assert.Equal(("5=6", "x"), (options.Arguments.Get("limit", ""), options.Arguments.Get("b", "")));
    }

    [Fact]
    public void Arguments_of_the_job_come_from_all_places()
    {
        JobArguments arguments = Read(
            ["--rate", "1", "--set", "c=args"],
            new() { ["OSTREAM_SET__B_C"] = "env", ["OSTREAM_SET__C"] = "env" },
            """{ "OrleansStream": { "set": { "a": "json", "b_c": "json" } } }""").Options.Arguments;

        Assert.Equal(("json", "env", "args", 1), (arguments.Get("a", ""), arguments.Get("b_c", ""), arguments.Get("C", ""), arguments.Get("rate", 0)));
    }

    [Fact]
    public void Watermarks_per_record_can_be_asked_for_and_taken_back()
    {
        Assert.True(Read(["--watermark.interval", "per-record"]).Options.WatermarkPerRecord);
        JobOptions options = Read(["--watermark.interval", "50ms"], new() { ["OSTREAM_WATERMARK__INTERVAL"] = "per-record" }).Options;
        Assert.Equal((false, 50.0), (options.WatermarkPerRecord, options.WatermarkInterval.TotalMilliseconds));
    }

    [Fact]
    public void Program_options_are_kept_apart()
    {
        ReadJobOptions read = Read(["--overwrite", "--parallelism", "2"]);
        Assert.True(read.Has("overwrite"));
        Assert.Empty(read.Options.Arguments.Values);
        Assert.False(Read([]).Has("overwrite"));
    }

    [Fact]
    public void Everything_wrong_is_said_at_once_with_the_nearest_name()
    {
        OptionsException e = Assert.Throws<OptionsException>(() => Read(
            ["--paralelism", "2", "--checkpointing.interval", "soon", "--exchange.memory", "12", "left-over", "--job-name"],
            new() { ["OSTREAM_CHECKPOINTING__MIN_PAWS"] = "1s" },
            """{ "OrleansStream": { "on-bad-record": "ignore" } }"""));

        Assert.Contains("7 options are wrong", e.Message, StringComparison.Ordinal);
        Assert.Contains("--paralelism: there is no such option. The nearest is --parallelism", e.Message, StringComparison.Ordinal);
        Assert.Contains("--checkpointing.interval = soon: is not a duration, such as 500ms", e.Message, StringComparison.Ordinal);
        Assert.Contains("exchange.memory = 12: must be at least 1 MiB", e.Message, StringComparison.Ordinal);
        Assert.Contains("left-over: is not expected here", e.Message, StringComparison.Ordinal);
        Assert.Contains("--job-name: needs a value", e.Message, StringComparison.Ordinal);
        Assert.Contains("OSTREAM_CHECKPOINTING__MIN_PAWS (environment): there is no such option. The nearest is --checkpointing.min-pause", e.Message, StringComparison.Ordinal);
        Assert.Contains("OrleansStream:on-bad-record (appsettings.json) = ignore: is none of fail, skip, side-output", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--taskhost.heartbeat", "0s", "taskhost.heartbeat = 00:00:00: must be from 1 ms to 1 h")]
    [InlineData("--taskhost.lease", "2s", "taskhost.lease = 00:00:02: must be from three times taskhost.heartbeat, 00:00:01")]
    [InlineData("--taskhost.lease", "25h", "taskhost.lease = 1.01:00:00: must be from three times taskhost.heartbeat")]
    public void A_heartbeat_or_lease_that_cannot_work_is_refused(string option, string value, string message) =>
        Assert.Contains(message, Assert.Throws<OptionsException>(() => Read([option, value])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_pause_between_checkpoints_that_may_overlap_is_refused_before_the_job_starts() => Assert.Contains(
        "checkpointing.min-pause = 00:00:01: needs checkpointing.max-concurrent = 1, not 2",
        Assert.Throws<OptionsException>(() => Read(["--checkpointing.min-pause", "1s", "--checkpointing.max-concurrent", "2"])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("--parallelism", "2", "--parallelism", "3")]
    [InlineData("--checkpoint-dir", "a", "--checkpointing.directory", "b")]
    [InlineData("--set", "x=1", "--set", "x=2")]
    public void The_same_option_twice_with_two_values_is_refused(params string[] arguments) =>
        Assert.Contains("given twice", Assert.Throws<OptionsException>(() => Read(arguments)).Message, StringComparison.Ordinal);

    [Fact]
    public void Help_goes_before_mistakes() => Assert.True(Read(["--nonsense", "--help"]).WantsHelp);

    [Fact]
    public void A_job_of_a_host_has_options_of_its_own()
    {
        const string Json = """{ "OrleansStream": { "parallelism": 2, "Jobs": { "A": { "parallelism": 3 }, "B": { "exchange.batch-size": 5 } } } }""";
        Assert.Equal(3, Read([], json: Json, job: "A").Options.Parallelism);
        Assert.Equal((2, 5), (Read([], json: Json, job: "B").Options.Parallelism, Read([], json: Json, job: "B").Options.BatchSize));
        Assert.Equal(2, Read([], json: Json).Options.Parallelism);
    }

    private static ReadJobOptions Read(
        string[] arguments, Dictionary<string, string>? environment = null, string? json = null, JobOptions? defaults = null, string? job = null)
    {
        IConfiguration? configuration = json is null ? null : new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();
        return new JobOptionsReader(defaults, [s_rate, s_overwrite]).Read(arguments, new Hashtable(environment ?? []), configuration, job);
    }
}
