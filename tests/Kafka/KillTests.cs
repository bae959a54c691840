using System.Diagnostics;
using System.Globalization;
using OrleansStream.Kafka.Broker;
using OrleansStream.Recovery;
using Xunit.Abstractions;

namespace OrleansStream.Kafka;

/// <summary>
/// Transactions, windows and a topic again, killed at random instants: Kafka's own consumer sees the output of a run without a failure. <c>OSTEST_KILLS=30</c> kills that often, <c>OSTEST_SEED</c> repeats the
/// instants.
/// </summary>
[Collection(KilledJobTests.Name)]
public sealed class KillTests(SharedKafka kafka, ITestOutputHelper log)
{
    private const int Numbers = 40_000;

    [KafkaToolFact]
    public async Task Output_after_kills_is_that_of_a_run_without()
    {
        int kills = int.Parse(Environment.GetEnvironmentVariable("OSTEST_KILLS") ?? "4", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("OSTEST_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        Random random = new(seed);
        log.WriteLine($"seed {seed} (OSTEST_SEED repeats it), {kills} kills");
        int killed = 0;
        for (int run = 1; killed < kills; run++)
        {
            bool isWindows = run % 2 == 1;
            using Pipeline pipeline = await Pipeline.CreateAsync(kafka.Cluster, Numbers);
            string[] arguments = ["--set", "pause=15", "--set", $"each={!isWindows}".ToLowerInvariant(), "--set", "chunk=4000", "--checkpointing.unaligned", run % 4 < 2 ? "true" : "false"];
            for (int start = 1; ; start++)
            {
                pipeline.Parallelism = random.Next(1, 4);
                using TestProcess process = pipeline.Start(start == 1 ? arguments : [.. arguments, "--resume"]);

                // Most kills come when something is being written; some at any time, also while the process starts.
                if (random.Next(3) > 0)
                {
                    int records = pipeline.OutputSize();
                    await process.WaitUntilAsync(() => process.HasExited || pipeline.OutputSize() > records, "output");
                }

                if (killed < kills && await process.KillAfterAsync(random.NextDouble() * TimeSpan.FromSeconds(1.5)))
                {
                    killed++;
                    log.WriteLine($"run {run}, start {start}, parallelism {pipeline.Parallelism}: killed ({killed} kills)");
                    continue;
                }

                int exit = await process.WaitForExitAsync();
                Assert.True(exit == 0, $"Seed {seed}, run {run}, start {start} ended with {exit}:\n{process.Errors}");
                break;
            }

            IReadOnlyList<string> expected = isWindows ? pipeline.ExpectedTotals() : pipeline.ExpectedEach();
            await pipeline.RequireOutputAsync(expected);
            log.WriteLine($"run {run}: {(isWindows ? "windows" : "records")}, output exact, {expected.Count} rows");
        }
    }
}
