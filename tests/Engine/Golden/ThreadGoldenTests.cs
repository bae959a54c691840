using Microsoft.Extensions.DependencyInjection;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>The golden jobs on worker threads.</summary>
public sealed class ThreadGoldenTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Jobs => [.. AllGoldenJobs.Names];

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task A_golden_job_on_worker_threads_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        foreach ((int parallelism, int batch) in new[] { (1, 1024), (2, 1), (3, 7) })
        {
            CollectedResults results = new();
            await using LocalCluster cluster = Cluster(results);
            await cluster.Submit("golden", Create(job), Options(job, parallelism, batch), new InMemoryCheckpointStore()).WaitAsync(Deadline());
            Golden.Compare($"on threads at parallelism {parallelism}, batch size {batch}", job.Expected, results.Get<string>("out"));
        }
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task A_golden_job_on_worker_threads_stopped_and_restored_at_another_parallelism_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        foreach ((int before, int after) in new[] { (2, 2), (2, 3), (3, 1) })
        {
            CollectedResults results = new();
            ICheckpointStore store = new InMemoryCheckpointStore();
            await using LocalCluster cluster = Cluster(results);
            LocalJob first = cluster.Submit("golden", Create(job), Options(job, before, 7), store);
            await Until(() => first.Status.Operators.Any(o => o.RecordsOut > 40) || first.Completion.IsCompleted, "records");
            string? path = await AnswerOrEnd(first.StopWithSavepointAsync("stopped"), first);
            if (path is not null)
            {
                await cluster.Submit("golden", Create(job), Options(job, after, 1024) with { FromSavepoint = path }, store).WaitAsync(Deadline());
            }

            Golden.Compare($"on threads from parallelism {before} to {after}", job.Expected, results.Get<string>("out"));
        }
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task A_golden_job_on_worker_threads_that_fails_and_restarts_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        CollectedResults results = new();
        await using LocalCluster cluster = Cluster(results);
        int records = 0;
        JobOptions options = Options(job, 2, 7) with
        {
            Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(2), Directory = "memory" },
            Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = 10, Delay = TimeSpan.Zero },
        };
        LocalJob running = cluster.Submit("golden", () => new DefinedJob(env => job.Define(env)), options, new FailingStore(() => Interlocked.Increment(ref records)));
        JobOutcome outcome = await running.WaitAsync(Deadline());
        Assert.Equal(JobState.Finished, outcome.State);
        Golden.Compare("on threads with failing checkpoints", job.Expected, results.Get<string>("out"));
    }

    /// <summary>What is drawn is the same in each run; how the threads meet is not, and small batches, little memory and checkpoints in quick succession make them meet often.</summary>
    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task A_golden_job_on_worker_threads_in_drawn_ways_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Random random = new(AllGoldenJobs.Names.ToList().IndexOf(name));
        for (int round = 0; round < 4; round++)
        {
            int workers = 1 + random.Next(4);
            JobOptions options = Options(job, 1 + random.Next(4), 1 + random.Next(round % 2 == 0 ? 3 : 40)) with
            {
                ExchangeMemory = 1 << 20,
                WatermarkInterval = TimeSpan.FromMilliseconds(random.Next(3)),
                BufferTimeout = TimeSpan.FromMilliseconds(random.Next(2)),
                Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(1 + random.Next(3)), Directory = "memory", Unaligned = random.Next(3) == 0 },
            };
            CollectedResults results = new();
            await using LocalCluster cluster = Cluster(results, workers);
            await cluster.Submit("golden", Create(job), options, new InMemoryCheckpointStore()).WaitAsync(Deadline());
            Golden.Compare(
                $"on {workers} threads at parallelism {options.Parallelism}, batch size {options.BatchSize}, checkpoints each {options.Checkpointing.Interval}", job.Expected, results.Get<string>("out"));
        }
    }

    private static Func<IStreamJob> Create(GoldenJob job) => () => new DefinedJob(job.Define);

    private static LocalCluster Cluster(CollectedResults results, int workers = 2) =>
        new(new LocalClusterOptions { Workers = workers }, new ServiceCollection().AddSingleton(results).BuildServiceProvider());

    private static JobOptions Options(GoldenJob job, int parallelism, int batch) => new()
    {
        Parallelism = parallelism,
        BatchSize = batch,
        WatermarkPerRecord = job.PerRecord,
        WatermarkInterval = TimeSpan.FromMilliseconds(1),
        Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(3), Directory = "memory" },
    };

    private static CancellationToken Deadline() => new CancellationTokenSource(s_deadline).Token;

    private static async Task<string?> AnswerOrEnd(Task<string> stop, LocalJob job)
    {
        try
        {
            return await stop.WaitAsync(s_deadline);
        }
        catch (CheckpointStorageException)
        {
            // The job came to its end before.
            await job.WaitAsync(Deadline());
            return null;
        }
    }

    private static async Task Until(Func<bool> condition, string what)
    {
        CancellationToken deadline = Deadline();
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Waited too long for {what}.");
            await Task.Yield();
        }
    }

    /// <summary>Fails every fifth data file, three times.</summary>
    private sealed class FailingStore(Func<int> count) : ICheckpointStore
    {
        private readonly InMemoryCheckpointStore _inner = new();

        public bool PutIfAbsent(string path, ReadOnlySpan<byte> content) => _inner.PutIfAbsent(path, content);

        public ICheckpointFile Create(string path)
        {
            int n = count();
            return n % 5 == 0 && n <= 15 ? throw new CheckpointStorageException($"'{path}' cannot be written: the test says so.") : _inner.Create(path);
        }

        public byte[] Read(string path) => _inner.Read(path);

        public byte[] Read(string path, long offset, int length) => _inner.Read(path, offset, length);

        public bool Exists(string path) => _inner.Exists(path);

        public IReadOnlyList<string> List(string folder) => _inner.List(folder);

        public void Delete(string path) => _inner.Delete(path);

        public void DeleteFolder(string folder) => _inner.DeleteFolder(folder);
    }
}
