using System.Globalization;
using OrleansStream.Kafka.Broker;
using OrleansStream.Recovery;

namespace OrleansStream.Kafka;

/// <summary>Input, output, folder and processes of <see cref="Jobs.PipelineJob"/>, and what its output must be.</summary>
internal sealed class Pipeline : IDisposable
{
    private const int Keys = 40;

    private readonly KafkaCluster _cluster;
    private readonly string _folder = Directory.CreateTempSubdirectory("ostream-pipeline-").FullName;
    private readonly string _in;
    private readonly string _out;
    private int _numbers;

    private Pipeline(KafkaCluster cluster, string from, string to)
    {
        _cluster = cluster;
        Topics = new Topics(cluster.Servers);
        _in = from;
        _out = to;
    }

    public Topics Topics { get; }

    public string Output => _out;

    public int Parallelism { get; set; } = 2;

    public string Restart { get; set; } = "none";

    public string Checkpoints => Path.Combine(_folder, "checkpoints");

    /// <summary>The arguments of the job, for one in this process.</summary>
    public JobArguments Arguments(params (string Name, string Value)[] more) => new(
        more.Select(m => KeyValuePair.Create(m.Name, m.Value)).Concat([KeyValuePair.Create("servers", Topics.Servers), KeyValuePair.Create("in", _in), KeyValuePair.Create("out", _out)]));

    /// <summary>The name of the job, which the transactional ids begin with.</summary>
    public string Job => $"job-{_out}";

    public static async Task<Pipeline> CreateAsync(KafkaCluster cluster, int numbers, short replicas = 1)
    {
        Topics topics = new(cluster.Servers);
        Pipeline pipeline = new(cluster, await topics.CreateAsync("in", 4, replicas), await topics.CreateAsync("out", 4, replicas));
        pipeline.AddInput(numbers);
        return pipeline;
    }

    /// <summary>Adds numbers behind those that are there; a number in each millisecond.</summary>
    public void AddInput(int numbers)
    {
        int first = _numbers;
        _numbers += numbers;
        Topics.Fill(_in, Enumerable.Range(first, numbers).Select(i => (i % 4, (string?)null, (string?)string.Create(CultureInfo.InvariantCulture, $"{KeyOf(i)},{i}"), 1_000_000_000_000L + i)));
    }

    public IReadOnlyList<string> ExpectedEach(int from = 0, int? to = null) =>
        [.. Enumerable.Range(from, (to ?? _numbers) - from).Select(i => string.Create(CultureInfo.InvariantCulture, $"{KeyOf(i)},{i}"))];

    public IReadOnlyList<string> ExpectedTotals() =>
        [.. Enumerable.Range(0, _numbers).GroupBy(i => (Key: KeyOf(i), Second: i / 1000))
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key.Key},{1_000_000_000_000L + (g.Key.Second * 1000L)},{g.Count()},{g.Sum(i => (long)i)}"))];

    public TestProcess Start(params string[] arguments) => TestProcess.Start("OrleansStream.Kafka.Tests.dll", _folder,
    [
        "--job.name", Job, "--parallelism", $"{Parallelism}", "--checkpoint-dir", "checkpoints", "--checkpointing.interval", "200ms", "--exchange.batch-size", "64",
        "--restart", Restart,
        "--set", $"servers={_cluster.Servers}", "--set", $"in={_in}", "--set", $"out={_out}", .. arguments,
    ]);

    /// <summary>Runs to the end.</summary>
    public async Task FinishAsync(params string[] arguments)
    {
        using TestProcess process = Start(arguments);
        int exit = await process.WaitForExitAsync();
        Assert.True(exit == 0, $"'{process.Arguments}' ended with {exit}:\n{process.Errors}");
    }

    /// <summary>What Kafka's own consumer sees of committed records, and that no transaction is left open.</summary>
    public async Task RequireOutputAsync(IReadOnlyList<string> expected)
    {
        await RequireNothingHangsAsync();
        RequireOutput(expected);
        if (KafkaTool.Path is not null)
        {
            // That there are no more the consumer of this process has seen; so this one need not wait for them.
            Compare(expected, await _cluster.AskAsync(
                "console-consumer", "--topic", _out, "--from-beginning", "--isolation-level", "read_committed", "--timeout-ms", "20000", "--max-messages", $"{expected.Count}"));
        }
    }

    /// <summary>The same by a consumer in this process, which is quicker; it reads to the end only if no transaction is left open.</summary>
    public void RequireOutput(IReadOnlyList<string> expected) => Compare(expected, Rows());

    public async Task RequireNothingHangsAsync()
    {
        if (KafkaTool.Path is null)
        {
            return;
        }

        string[] open = [.. (await _cluster.AskAsync("transactions", "list")).Where(l => l.StartsWith(Job, StringComparison.Ordinal) && (l.Contains("Ongoing", StringComparison.Ordinal) || l.Contains("Prepare", StringComparison.Ordinal)))];
        Assert.True(open.Length == 0, $"transactions are open: {string.Join('\n', open)}");
        string[] hanging = [.. (await _cluster.AskAsync("transactions", "find-hanging", "--broker-id", "0", "--max-transaction-timeout", "0")).Where(l => l.StartsWith(_out, StringComparison.Ordinal))];
        Assert.True(hanging.Length == 0, $"transactions hang: {string.Join('\n', hanging)}");
    }

    /// <summary>The committed rows.</summary>
    public string[] Rows() => [.. Topics.ReadCommitted(_out).Select(r => Topics.Text(r.Message.Value))];

    /// <summary>Whether anything is in the output, committed or not.</summary>
    public bool HasOutput() => OutputSize() > 0;

    /// <summary>The ends of the output added up, marks of transactions too.</summary>
    public int OutputSize() => (int)Topics.EndOffsets(_out).Sum();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int KeyOf(int i) => i * 7 % Keys;

    private static void Compare(IReadOnlyList<string> expected, IReadOnlyList<string> seen)
    {
        Dictionary<string, int> difference = [];
        foreach (string row in seen)
        {
            difference[row] = difference.GetValueOrDefault(row) + 1;
        }

        foreach (string row in expected)
        {
            difference[row] = difference.GetValueOrDefault(row) - 1;
        }

        KeyValuePair<string, int>[] wrong = [.. difference.Where(d => d.Value != 0)];
        Assert.True(
            wrong.Length == 0,
            $"{wrong.Count(w => w.Value > 0)} rows are too many, {wrong.Count(w => w.Value < 0)} are missing, of {expected.Count}: {string.Join("; ", wrong.Take(5).Select(w => $"{w.Key} ({w.Value:+0;-0})"))}");
    }
}
