using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using OrleansStream.Bench.Commands;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;
using OrleansStream.Kafka.Broker;

namespace OrleansStream.Bench.Kafka;

/// <summary>
/// <c>kafka</c>: the Kafka workloads exactly once, from topic to topic, beside bare loops on Confluent.Kafka. The broker is that of <c>KAFKA_BOOTSTRAP</c>, else one started by <c>KAFKA_TOOL</c>; it
/// shares the machine, so that only ratios in one run count.
/// </summary>
public static class KafkaCommand
{
    private const long PerMs = 1000;

    /// <summary>Exit code 2 for a wrong option or without a broker, 1 when an answer is wrong.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        Dictionary<string, string> defaults = new()
        {
            ["--job"] = "all", ["--n"] = "5000000", ["--keys"] = "100000", ["--parallelism"] = "2", ["--runs"] = "2", ["--loops"] = "yes",
        };
        if (BenchArguments.Parse(args, defaults, out string problem) is not { } options)
        {
            error.WriteLine(problem);
            return 2;
        }

        string[] jobs = options.Text("--job") is "all" ? ["kafka-map", "kafka-tumbling"] : [options.Text("--job")];
        if (jobs.Except(["kafka-map", "kafka-tumbling"]).Any())
        {
            error.WriteLine($"option --job: '{options.Text("--job")}' is not valid; valid: kafka-map, kafka-tumbling, all");
            return 2;
        }

        if (KafkaTool.Path is null && KafkaTool.GivenServers is null)
        {
            error.WriteLine("There is no Kafka: set KAFKA_BOOTSTRAP to the address of a broker, or KAFKA_TOOL to a script that starts one.");
            return 2;
        }

        return RunAsync(jobs, options, output, error).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(string[] jobs, BenchArguments options, TextWriter output, TextWriter error)
    {
        KafkaCluster cluster = await KafkaCluster.StartAsync();
        await using (cluster.ConfigureAwait(false))
        {
            long events = (long)options.Number("--n");
            int parallelism = (int)options.Number("--parallelism");
            string input = await CreateTopicAsync(cluster.Servers, "bench-in");
            long began = Stopwatch.GetTimestamp();
            KafkaEvents.Fill(cluster.Servers, input, events, (long)options.Number("--keys"), PerMs);
            Print(output, $"input: {events} records written in {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
            bool isRight = true;
            Dictionary<string, double> best = [];
            for (int run = 0; run < (int)options.Number("--runs"); run++)
            {
                if (options.Text("--loops") == "yes")
                {
                    await LoopsAsync(cluster.Servers, input, events, parallelism, best, output);
                }

                foreach (string job in jobs)
                {
                    isRight &= await RunJobAsync(cluster.Servers, input, job, events, parallelism, best, output, error);
                }
            }

            PrintRatios(best, output);
            return isRight ? 0 : 1;
        }
    }

    private static async Task LoopsAsync(string servers, string input, long events, int parallelism, Dictionary<string, double> best, TextWriter output)
    {
        Cost cost = Cost.Begin();
        (_, _, double seconds) = BareLoops.Consume(servers, input, parallelism);
        Print(output, $"loop=consume n={events} seconds={seconds:F2} rate={events / seconds / 1e6:F2}M/s {cost.End(events)}");
        Note(best, "loop=consume", events / seconds);
        string topic = await CreateTopicAsync(servers, "bench-loop");
        cost = Cost.Begin();
        (_, _, seconds) = BareLoops.Map(servers, input, topic, parallelism);
        Print(output, $"loop=kafka-map n={events} seconds={seconds:F2} rate={events / seconds / 1e6:F2}M/s {cost.End(events)}");
        Note(best, "loop=kafka-map", events / seconds);
        await DeleteTopicAsync(servers, topic);
    }

    // There is no bare loop with windows: the job with windows stands beside the loop that only reads.
    private static void PrintRatios(Dictionary<string, double> best, TextWriter output)
    {
        foreach ((string job, string loop) in new[] { ("job=kafka-map", "loop=kafka-map"), ("job=kafka-tumbling", "loop=consume") })
        {
            if (best.TryGetValue(job, out double ours) && best.TryGetValue(loop, out double bare))
            {
                Print(output, $"{job} best={ours / 1e6:F2}M/s {loop} best={bare / 1e6:F2}M/s ratio={ours / bare:F2}");
            }
        }
    }

    private static void Note(Dictionary<string, double> best, string what, double rate) => best[what] = Math.Max(rate, best.GetValueOrDefault(what));

    private static async Task<bool> RunJobAsync(
        string servers, string input, string job, long events, int parallelism, Dictionary<string, double> best, TextWriter output, TextWriter error)
    {
        string topic = await CreateTopicAsync(servers, "bench-out");
        string folder = Directory.CreateTempSubdirectory("ostream-bench-").FullName;
        KafkaJob.Reset();
        Cost cost = Cost.Begin();
        double seconds;
        JobOutcome outcome;
        LocalCluster cluster = new(new LocalClusterOptions { Workers = parallelism });
        await using (cluster.ConfigureAwait(false))
        {
            outcome = await cluster.Submit(topic, () => new KafkaJob(servers, input, topic, job == "kafka-tumbling"), new JobOptions
            {
                Parallelism = parallelism,
                Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromSeconds(1), Directory = folder },
                Restart = new RestartOptions { Strategy = RestartKind.None },
            }).Completion;
            seconds = Stopwatch.GetElapsedTime(KafkaJob.Began).TotalSeconds;
        }

        string costs = cost.End(events);
        Directory.Delete(folder, recursive: true);
        if (outcome.Error is not null)
        {
            error.WriteLine(outcome.Error.ToString());
            return false;
        }

        (long count, ulong sum, _) = BareLoops.Consume(servers, topic, parallelism);
        await DeleteTopicAsync(servers, topic);
        string answer = Expected(job, events) is { } expected ? expected == (count, sum) ? " right" : " WRONG" : "";
        Print(output, $"job={job} parallelism={parallelism} n={events} seconds={seconds:F2} rate={events / seconds / 1e6:F2}M/s {costs} count={count} sum=0x{sum:x16}{answer}");
        Note(best, $"job={job}", events / seconds);
        return answer != " WRONG";
    }

    private static (long Count, ulong Sum)? Expected(string job, long events) => (job, events) switch
    {
        ("kafka-map", 5_000_000) => (5_000_000, 0x9d7384aea1b18db3),
        ("kafka-tumbling", 5_000_000) => (499_983, 0x1e3bf5abae4b49af),
        _ => null,
    };

    private static async Task<string> CreateTopicAsync(string servers, string name)
    {
        string topic = $"{name}-{Guid.NewGuid():n}"[..(name.Length + 9)];
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = KafkaEvents.Partitions, ReplicationFactor = 1 }]);
        return topic;
    }

    private static async Task DeleteTopicAsync(string servers, string topic)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        await admin.DeleteTopicsAsync([topic]);
    }

    private static void Print(TextWriter output, FormattableString line)
    {
        output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        output.Flush();
    }

    /// <summary>What a run costs this process.</summary>
    private readonly record struct Cost(TimeSpan Processor, long Allocated)
    {
        public static Cost Begin() => new(Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));

        public string End(long events) => string.Create(
            CultureInfo.InvariantCulture,
            $"cpu_ns={(Environment.CpuUsage.TotalTime - Processor).TotalNanoseconds / events:F0} allocated_bytes_per_record={(double)(GC.GetTotalAllocatedBytes(precise: true) - Allocated) / events:F1}");
    }
}
