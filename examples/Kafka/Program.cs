using Microsoft.Extensions.Configuration;
using OrleansStream;
using OrleansStream.Client;
using OrleansStream.Engine.Jobs;
using OrleansStream.Examples.Flights;
using OrleansStream.Examples.Kafka;
using OrleansStream.Hosting;
using OrleansStream.Kafka.Broker;

const int Rows = 10;
ExtraOption[] extras =
[
    new("servers", "The brokers. Default: KAFKA_BOOTSTRAP, else one broker that is started with KAFKA_TOOL, or with docker compose, and removed at the end.") { ValueName = "host:port", IsArgument = true },
    new("prefix", "What the names of the two topics begin with. Default: example.") { ValueName = "name", IsArgument = true },
    new("rate", "Flights a second that the producer writes. Default: as fast as it goes.") { ValueName = "number", IsArgument = true },
    new("repeat", "How often the sample of 20,000 flights is written, each time with later dates. Default: 1.") { ValueName = "times", IsArgument = true },
    new("overwrite", "Delete the topics of an earlier run and begin anew."),
    new("progress", "How progress is shown: auto, live, plain, none. Default: auto.") { ValueName = "mode" },
];

try
{
    JobOptions defaults = new()
    {
        Checkpointing = new CheckpointOptions { Directory = "checkpoints", Interval = TimeSpan.FromSeconds(1), Retention = CheckpointRetention.RetainOnCancel },
    };
    IConfiguration configuration = ProcessConfiguration.Load();
    ReadJobOptions read = new JobOptionsReader(defaults, extras).Read(args, Environment.GetEnvironmentVariables(), configuration);
    if (read.WantsHelp)
    {
        Console.Out.WriteLine("Mean and worst delay of flights per airport and hour, from a topic of Kafka into another, each result exactly once.");
        Console.Out.WriteLine("Ctrl-C stops with a final checkpoint, which stays; --resume goes on from it.\n");
        Console.Out.WriteLine("Examples:\n  KAFKA_BOOTSTRAP=localhost:9092 ./run --kafka --repeat 10 --rate 20000\n  ./run --kafka --servers localhost:9092 --resume\n");
        JobOptionHelp.Write(Console.Out, extras);
        return 0;
    }

    return await RunAsync(read, configuration);
}
catch (OptionsException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

static async Task<int> RunAsync(ReadJobOptions read, IConfiguration configuration)
{
    JobArguments arguments = read.Options.Arguments;
    string? servers = arguments.Get<string?>("servers", null) ?? KafkaTool.GivenServers;
    KafkaCluster? cluster = null;
    ComposedKafka? composed = null;
    if (servers is null && KafkaTool.Path is not null)
    {
        cluster = await KafkaCluster.StartAsync();
        servers = cluster.Servers;
    }
    else if (servers is null)
    {
        composed = await ComposedKafka.TryStartAsync()
            ?? throw new OptionsException("There is no Kafka: give --servers host:port, set KAFKA_BOOTSTRAP to that, or KAFKA_TOOL to a script that starts a broker, or install docker compose (docs/kafka.md).");
        servers = ComposedKafka.Servers;
    }

    try
    {
        ExampleTopics topics = new(servers, arguments.Get("prefix", "example"));
        await topics.PrepareAsync(read.Options.Resume, read.Has("overwrite"));
        int repeat = arguments.Get("repeat", 1);
        double? rate = arguments.Get("rate", 0.0) is > 0 and double given ? given : null;
        IReadOnlyDictionary<KafkaPartition, long> ends = topics.Ends((long)repeat * File.ReadLines(FlightDelays.Sample).Count());
        using CancellationTokenSource over = new();
        Task producing = Task.Run(() => topics.FillAsync(FlightDelays.Sample, repeat, rate, over.Token));
        ConsoleRun run = new()
        {
            Name = nameof(KafkaFlightDelays),
            Create = () => new KafkaFlightDelays(servers, topics.Input, topics.Output, ends),
            Options = read.Options,
            Progress = Enum.TryParse(read.Extras.GetValueOrDefault("progress", "auto"), ignoreCase: true, out ProgressMode mode) ? mode : ProgressMode.Auto,
            Configuration = configuration,
        };
        LocalRunResult result = await run.RunAsync();
        await over.CancelAsync();
        await producing.ContinueWith(_ => { }, TaskScheduler.Default);
        if (result.Outcome?.State == JobState.Finished)
        {
            HourlyDelay[] rows = [.. topics.ReadOutput()];
            Console.Out.WriteLine($"The {Rows} worst hours, of {rows.Length} committed rows in topic {topics.Output}:");
            WorstDelays.Print(Console.Out, WorstDelays.Of(rows, Rows));
        }

        return result.ExitCode;
    }
    finally
    {
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }

        if (composed is not null)
        {
            await composed.DisposeAsync();
        }
    }
}
