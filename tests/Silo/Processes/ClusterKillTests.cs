using System.Diagnostics;
using System.Globalization;
using OrleansStream.Client;
using OrleansStream.Service;
using OrleansStream.SiloTests.Service;
using Xunit.Abstractions;

namespace OrleansStream.SiloTests.Processes;

/// <summary>
/// Silos are processes, and are killed (SIGKILL), held (SIGSTOP, then SIGCONT) or told to end (SIGTERM) at random instants while a job runs: its committed output is that of a run without.
/// <c>OSTEST_KILLS=20</c> does so that often; <c>OSTEST_SEED</c> repeats the choices of an earlier run.
/// </summary>
public sealed class ClusterKillTests(ITestOutputHelper log)
{
    private const int Silos = 3;
    private const double Rate = 5000;
    private const int FewKills = 3;
    private const double SecondsPerKill = 8;
    private static readonly TimeSpan s_recoveryDeadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_endDeadline = TimeSpan.FromMinutes(4);

    [RedisFact]
    public async Task Output_after_kills_of_silos_is_that_of_a_run_without()
    {
        int kills = int.Parse(Environment.GetEnvironmentVariable("OSTEST_KILLS") ?? FewKills.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("OSTEST_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        Say($"silos: seed {seed} (OSTEST_SEED repeats it), {kills} kills of {Silos} silos");
        Random random = new(seed);
        await using SiloProcesses cluster = await SiloProcesses.StartAsync(Silos);
        long count = (long)(Rate * SecondsPerKill * kills);
        StreamJob job = await cluster.SubmitAsync("killed", count, Rate);
        await Eventually.IsTrueAsync(() => cluster.Commits("killed") > 0, "the first commit");
        List<double> pauses = [];
        int done = 0;
        for (; done < kills && !(await job.GetAsync()).Job.HasEnded; done++)
        {
            await PauseAsync(random.NextDouble() * 2);
            await cluster.StartEndedAsync();
            int silo = random.Next(Silos);
            int before = cluster.Commits("killed");
            long began = Stopwatch.GetTimestamp();
            string what = await DoAsync(cluster, silo, random);

            // Every third blow comes while the job may still be recovering from the one before.
            if (random.Next(3) > 0)
            {
                await UntilAsync(async () => cluster.Commits("killed") > before || (await job.GetAsync()).Job.HasEnded, s_recoveryDeadline, $"a commit after silo {silo} was {what}", cluster);
                pauses.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                what += $", next commit after {pauses[^1]:0.0} s";
            }

            Say($"silos: {done + 1}: silo {silo} was {what}");
        }

        Assert.True(done == kills, $"The job had ended after {done} of {kills} kills.");
        await UntilAsync(async () => (await job.GetAsync()).Job.EndedAt is not null, s_endDeadline, "the end of the job", cluster);
        JobInfo ended = (await job.GetAsync()).Job;
        Assert.True(ended.State == JobState.Finished, $"Seed {seed}: the job is {ended.State}: {ended.Failure?.Message}\n{cluster.Tails()}");
        Assert.Equal(count, SampleOutput.Counts(cluster.Folder.At("killed")).Values.Sum());
        Say($"silos: kills {done}, attempts {ended.Attempt}, records {count}, output exact; from the blow to the next commit mean {(pauses.Count == 0 ? 0 : pauses.Average()):0.0} s, worst {(pauses.Count == 0 ? 0 : pauses.Max()):0.0} s");
    }

    [RedisFact]
    public async Task A_silo_that_is_told_to_end_hands_its_subtasks_over_with_a_checkpoint()
    {
        await using SiloProcesses cluster = await SiloProcesses.StartAsync(2);
        StreamJob job = await cluster.SubmitAsync("handed", 30_000, 3000);
        await Eventually.IsTrueAsync(() => cluster.Commits("handed") > 0, "the first commit");
        cluster[0].Process.Terminate();
        Assert.Equal(0, await cluster[0].Process.WaitForExitAsync());
        Assert.Contains("before the silo ends", cluster[0].Process.Output, StringComparison.Ordinal);
        JobInfo ended = await job.WaitAsync();
        Assert.True(ended.State == JobState.Finished, $"{ended.Failure?.Message}\n{cluster.Tails()}");
        Assert.True(ended.Attempt > 1);
        Assert.Equal(30_000, SampleOutput.Counts(cluster.Folder.At("handed")).Values.Sum());
    }

    private static async Task<string> DoAsync(SiloProcesses cluster, int silo, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                // Long enough, at times, to be declared dead; it ends itself then when it comes back.
                TimeSpan held = TimeSpan.FromSeconds(0.3 + (random.NextDouble() * 5));
                cluster[silo].Process.Hold();
                await PauseAsync(held.TotalSeconds);
                cluster[silo].Process.Continue();
                await RestartIfEndedAsync(cluster, silo);
                return $"held for {held.TotalSeconds:0.0} s";
            case 1:
                cluster[silo].Process.Terminate();
                await cluster.StartAgainAsync(silo);
                return "told to end";
            default:
                await cluster[silo].Process.KillAfterAsync(TimeSpan.Zero);
                await cluster.StartAgainAsync(silo);
                return "killed";
        }
    }

    // A silo that learns that it was declared dead ends within moments.
    private static async Task RestartIfEndedAsync(SiloProcesses cluster, int silo)
    {
        await PauseAsync(1);
        if (cluster[silo].Process.HasExited)
        {
            await cluster.StartAgainAsync(silo);
        }
    }

    private static async Task PauseAsync(double seconds)
    {
        long began = Stopwatch.GetTimestamp();
        await Eventually.IsTrueAsync(() => Stopwatch.GetElapsedTime(began).TotalSeconds >= seconds, "the time to pass");
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan deadline, string what, SiloProcesses cluster)
    {
        async Task<bool> Holds()
        {
            bool holds = await condition();
            if (!holds)
            {
                await cluster.StartEndedAsync();
            }

            return holds;
        }

        await Eventually.IsTrueAsync(Holds, what, deadline, cluster.Tails);
    }

    private void Say(string line)
    {
        log.WriteLine(line);
        Console.WriteLine(line);
    }
}
