using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Examples.Tests;

/// <summary>Runs an example's job in this process, into a folder of its own, and gives what is printed at its end.</summary>
internal sealed class ExampleRun : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ostream-example-").FullName;

    public string Output => Path.Combine(_folder, "out");

    public async Task<string[]> RunAsync(Func<IStreamJob> create, Action<TextWriter, string> print, int parallelism, params (string Name, string Value)[] arguments)
    {
        await using LocalCluster cluster = new();
        LocalJob job = cluster.Submit(
            "example", create,
            new JobOptions
            {
                Parallelism = parallelism,
                Arguments = new JobArguments(arguments.Append(("output", Output)).ToDictionary(a => a.Item1, a => a.Item2)),
                Checkpointing = new CheckpointOptions { Directory = Path.Combine(_folder, "checkpoints"), Interval = TimeSpan.FromMilliseconds(200) },
            });
        Assert.Equal(JobState.Finished, (await job.WaitAsync().WaitAsync(TimeSpan.FromSeconds(60))).State);
        using StringWriter text = new();
        print(text, Output);
        return [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd())];
    }

    public string[] Rows() => [.. Directory.EnumerateFiles(Output, "part-*.jsonl").SelectMany(File.ReadLines).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
