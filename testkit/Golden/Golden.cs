using OrleansStream.Engine.Jobs;

namespace OrleansStream.TestKit;

/// <summary>
/// Runs a job in every way that must not change its result, under the seeded driver, and compares what it committed with one expected output, as multisets: whole, at several parallelisms, batch sizes and seeds;
/// killed at random steps, before and after checkpoints, and restored with the same and another parallelism; stopped with a savepoint and restored. The hosts of real threads come with their own runner.
/// </summary>
public static class Golden
{
    /// <summary>Verifies a job in all ways.</summary>
    /// <typeparam name="T">The type of the collected records; its equality decides.</typeparam>
    /// <param name="job">Defines the job; it collects its output under <see cref="GoldenOptions.Collected"/>.</param>
    /// <param name="expected">What it must commit, in any order.</param>
    /// <param name="options">How it is run.</param>
    /// <returns>How many runs were made.</returns>
    /// <exception cref="GoldenMismatchException">A run committed something else; the message names the run.</exception>
    public static int Verify<T>(Action<StreamEnvironment> job, IReadOnlyCollection<T> expected, GoldenOptions? options = null) where T : notnull =>
        VerifyWhole(job, expected, options) + VerifyKilled(job, expected, options) + VerifyStopped(job, expected, options);

    /// <summary>Verifies whole runs.</summary>
    /// <inheritdoc cref="Verify{T}"/>
    public static int VerifyWhole<T>(Action<StreamEnvironment> job, IReadOnlyCollection<T> expected, GoldenOptions? options = null) where T : notnull
    {
        options ??= new GoldenOptions();
        return VerifyEach(
            job, expected, options, [.. options.Parallelisms.Select(p => (p, p))], 0, (parallelism, _) => $"whole at parallelism {parallelism}",
            run => run.Cluster.Submit("golden", run.Job, run.Before).RunToEnd());
    }

    /// <summary>Verifies runs that are killed, once or twice, and restored from the last checkpoint.</summary>
    /// <inheritdoc cref="Verify{T}"/>
    public static int VerifyKilled<T>(Action<StreamEnvironment> job, IReadOnlyCollection<T> expected, GoldenOptions? options = null) where T : notnull
    {
        options ??= new GoldenOptions();
        return VerifyEach(job, expected, options, options.Rescales, 1000, (before, after) => $"killed at parallelism {before} and restored at {after}", run =>
        {
            SeededCluster cluster = run.Cluster;
            SeededRandom random = run.Random;
            int length = run.Length();
            SeededJob first = cluster.Submit("golden", run.Job, run.Before);
            for (int checkpoints = random.Next(3); checkpoints > 0 && first.Outcome is null; checkpoints--)
            {
                cluster.RunSteps(random.Next(1 + (length / 2)));
                SeededAnswer answer = first.AskCheckpoint();
                cluster.RunUntil(() => answer.IsThere, "the answer to a request for a checkpoint");
            }

            cluster.RunSteps(random.Next(1 + (length / 2)));
            cluster.Kill();
            if (random.Next(2) == 0)
            {
                SeededJob second = cluster.Submit("golden", run.Job, run.Before with { Resume = true });
                cluster.RunSteps(random.Next(1 + (length / 2)));
                _ = second.AskCheckpoint();
                cluster.RunSteps(random.Next(1 + (length / 4)));
                cluster.Kill();
            }

            cluster.Submit("golden", run.Job, run.After with { Resume = true }).RunToEnd();
        });
    }

    /// <summary>Verifies runs that are stopped with a savepoint and restored from it.</summary>
    /// <inheritdoc cref="Verify{T}"/>
    public static int VerifyStopped<T>(Action<StreamEnvironment> job, IReadOnlyCollection<T> expected, GoldenOptions? options = null) where T : notnull
    {
        options ??= new GoldenOptions();
        return VerifyEach(job, expected, options, options.Rescales, 2000, (before, after) => $"stopped with a savepoint at parallelism {before} and restored at {after}", run =>
        {
            int length = run.Length();
            SeededJob first = run.Cluster.Submit("golden", run.Job, run.Before);
            first.RunToRunning();
            run.Cluster.RunSteps(run.Random.Next(1 + (length * 3 / 4)));
            SeededAnswer answer = first.AskSavepoint("stopped", stop: true);
            first.RunToEnd();
            run.Cluster.RunUntil(() => answer.IsThere, "the answer to a request for a savepoint");
            if (answer.Error is null)
            {
                run.Cluster.Submit("golden again", run.Job, run.After with { FromSavepoint = answer.Path }).RunToEnd();
            }
        });
    }

    /// <summary>
    /// Verifies runs in which everything that may vary is drawn: small batches, up to four subtasks, little memory between them, checkpoints in quick succession, aligned or not, the speed of the clock. Each way is run
    /// twice, whole, and killed at a random step and restored at another parallelism. It finds what only shows when several of these meet. Not part of <see cref="Verify{T}"/>.
    /// </summary>
    /// <inheritdoc cref="Verify{T}"/>
    public static int VerifyDrawn<T>(Action<StreamEnvironment> job, IReadOnlyCollection<T> expected, GoldenOptions? options = null) where T : notnull
    {
        options ??= new GoldenOptions();
        RecordWatch? watch = options.WatchRecords ? new RecordWatch() : null;
        job = watch?.Watch(job) ?? job;
        int runs = 0;
        for (int i = 1; i <= options.Rounds * options.SeedCount; i++)
        {
            long seed = Seed(options, 3000 + i);
            SeededRandom random = new(~seed);
            JobOptions drawn = Draw(options, random);
            SeededOptions speed = new() { StepsPerMs = 1 + random.Next(30) };
            string way = $"at parallelism {drawn.Parallelism}, batch size {drawn.BatchSize}, checkpoints each {drawn.Checkpointing.Interval}{(drawn.Checkpointing.Unaligned ? " unaligned" : "")}, seed {seed}";
            SeededCluster whole = new(seed, null, speed);
            Named("drawn " + way, () => whole.Submit("golden", job, drawn).RunToEnd());
            Named("drawn " + way, () => watch?.Verify());
            Compare("drawn " + way, expected, whole.Results.Get<T>(options.Collected));

            int after = 1 + random.Next(4);
            string run = $"drawn, killed and restored at {after} {way}";
            SeededCluster killed = new(seed, null, speed);
            Named(run, () =>
            {
                killed.Submit("golden", job, drawn);
                killed.RunSteps(random.Next((int)Math.Min(whole.Host.Steps, int.MaxValue)));
                killed.Kill();
                killed.Submit("golden", job, drawn with { Parallelism = after, Resume = true }).RunToEnd();
            });
            Named(run, () => watch?.Verify());
            Compare(run, expected, killed.Results.Get<T>(options.Collected));
            runs += 2;
        }

        return runs;
    }

    /// <summary>Compares two multisets.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="run">Names the run, for the error.</param>
    /// <param name="expected">What should be there.</param>
    /// <param name="actual">What is there.</param>
    /// <exception cref="GoldenMismatchException">They differ; the message shows some of what is missing and too many.</exception>
    public static void Compare<T>(string run, IReadOnlyCollection<T> expected, IReadOnlyCollection<T> actual) where T : notnull
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        Dictionary<T, int> difference = [];
        foreach (T value in expected)
        {
            difference[value] = difference.GetValueOrDefault(value) + 1;
        }

        foreach (T value in actual)
        {
            difference[value] = difference.GetValueOrDefault(value) - 1;
        }

        string[] missing = [.. difference.Where(d => d.Value > 0).Select(d => $"{d.Key} × {d.Value}").Order(StringComparer.Ordinal)];
        string[] extra = [.. difference.Where(d => d.Value < 0).Select(d => $"{d.Key} × {-d.Value}").Order(StringComparer.Ordinal)];
        if (missing.Length + extra.Length > 0)
        {
            throw new GoldenMismatchException(
                $"The run {run} committed {actual.Count} records instead of {expected.Count}.\n"
                + $"Missing ({missing.Length}): {string.Join(", ", missing.Take(10))}\nToo many ({extra.Length}): {string.Join(", ", extra.Take(10))}");
        }
    }

    private static JobOptions Draw(GoldenOptions options, SeededRandom random) => options.Job with
    {
        Parallelism = 1 + random.Next(4),
        BatchSize = 1 + random.Next(random.Next(2) == 0 ? 4 : 64),
        ExchangeMemory = 1 << 20,
        WatermarkPerRecord = options.WatermarkPerRecord || random.Next(3) == 0,
        WatermarkInterval = TimeSpan.FromMilliseconds(random.Next(10)),
        BufferTimeout = TimeSpan.FromMilliseconds(random.Next(5)),
        Checkpointing = options.Job.Checkpointing with
        {
            Interval = TimeSpan.FromMilliseconds(1 + random.Next(10)), Unaligned = options.Job.Checkpointing.Unaligned || random.Next(3) == 0,
        },
    };

    // One run for each rescale, batch size and seed; the seeds of one kind of run begin apart from those of the others.
    private static int VerifyEach<T>(
        Action<StreamEnvironment> job, IReadOnlyCollection<T> expected, GoldenOptions options, IReadOnlyList<(int Before, int After)> rescales, int firstRun, Func<int, int, string> name, Action<GoldenRun> verify)
        where T : notnull
    {
        RecordWatch? watch = options.WatchRecords ? new RecordWatch() : null;
        job = watch?.Watch(job) ?? job;
        int runs = 0;
        foreach ((int before, int after) in rescales)
        {
            foreach (int batch in options.BatchSizes)
            {
                for (int i = 0; i < options.SeedCount; i++)
                {
                    long seed = Seed(options, firstRun + ++runs);
                    string named = $"{name(before, after)}, batch size {batch}, seed {seed}";
                    SeededCluster cluster = Cluster(seed);
                    GoldenRun run = new(seed, cluster, new SeededRandom(~seed), job, Options(options, seed, before, batch), Options(options, seed, after, batch));
                    Named(named, () => verify(run));
                    Named(named, () => watch?.Verify());
                    Compare(named, expected, cluster.Results.Get<T>(options.Collected));
                }
            }
        }

        return runs;
    }

    private static long Seed(GoldenOptions options, int run) => (options.FirstSeed * 7919) + run;

    // Every other run has a clock that runs, so that ticks, timeouts and periodic checkpoints come in between.
    private static SeededCluster Cluster(long seed) => new(seed, null, new SeededOptions { StepsPerMs = seed % 2 == 0 ? 0 : 5 });

    private static JobOptions Options(GoldenOptions options, long seed, int parallelism, int batch) => options.Job with
    {
        Parallelism = parallelism,
        BatchSize = batch,
        WatermarkPerRecord = options.WatermarkPerRecord || seed % 3 == 0,
        WatermarkInterval = seed % 3 == 1 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(20),
        Checkpointing = options.Job.Checkpointing with { Interval = options.Job.Checkpointing.Interval ?? (seed % 5 == 0 ? TimeSpan.FromMilliseconds(15) : null) },
    };

    private static void Named(string run, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is not GoldenMismatchException)
        {
            throw new GoldenMismatchException($"The run {run} failed: {e.Message}", e);
        }
    }

    private sealed record GoldenRun(long Seed, SeededCluster Cluster, SeededRandom Random, Action<StreamEnvironment> Job, JobOptions Before, JobOptions After)
    {
        /// <summary>How many steps the job takes whole, in a cluster of its own.</summary>
        public int Length()
        {
            SeededCluster whole = Golden.Cluster(Seed);
            JobOutcome outcome = whole.Submit("golden", Job, Before).RunToEnd();
            return outcome.State == JobState.Finished ? (int)whole.Host.Steps : throw new InvalidOperationException($"The job ended as {outcome.State}.");
        }
    }
}
