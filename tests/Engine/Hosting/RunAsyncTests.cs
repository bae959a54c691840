using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.Checkpointing;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class RunAsyncTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_job_that_ends_is_0() => Assert.Equal(0, await LocalCluster.RunAsync<Doubling>(["--parallelism", "1", "--set", "count=10"]));

    [Fact]
    public async Task Wrong_use_is_2()
    {
        Assert.Equal(2, await LocalCluster.RunAsync<Doubling>(["--paralelism", "1"]));
        Assert.Equal(2, await LocalCluster.RunAsync<Doubling>(["--set", "count=many"]));
    }

    [Fact]
    public async Task Help_is_0() => Assert.Equal(0, await LocalCluster.RunAsync<Doubling>(["--help"]));

    [Fact]
    public async Task A_job_that_fails_is_1()
    {
        Doubling.Failures["run"] = 1;
        Assert.Equal(1, await LocalCluster.RunAsync<Doubling>(["--set", "failure=run"]));
    }

    [Fact]
    public async Task A_token_stops_with_a_checkpoint_from_which_resume_goes_on()
    {
        string[] arguments = ["--checkpoint-dir", _folder.Path, "--set", "rate=1000", "--set", "count=2000"];
        using CancellationTokenSource stop = new();
        LocalRun run = Run(arguments, async job =>
        {
            await Eventually.IsTrueAsync(() => job.Status.State == JobState.Running, "the job to run");
            await stop.CancelAsync();
        });
        LocalRunResult result = await run.RunAsync(stop.Token);
        Assert.Equal((0, JobState.Stopped), (result.ExitCode, result.Outcome!.State));
        Assert.StartsWith("Doubling/chk-", result.StopCheckpoint, StringComparison.Ordinal);
        Assert.Equal(0, await LocalCluster.RunAsync<Doubling>([.. arguments, "--resume"]));
    }

    [Fact]
    public async Task A_job_without_a_directory_is_cancelled_which_is_1()
    {
        using CancellationTokenSource stop = new();
        LocalRun run = Run(["--set", "rate=1000", "--set", "count=100000"], async job =>
        {
            await Eventually.IsTrueAsync(() => job.Status.State == JobState.Running, "the job to run");
            await stop.CancelAsync();
        });
        LocalRunResult result = await run.RunAsync(stop.Token);
        Assert.Equal((1, JobState.Cancelled), (result.ExitCode, result.Outcome!.State));
    }

    [Fact]
    public async Task A_stop_while_the_job_waits_for_its_restart_is_carried_out_when_it_runs()
    {
        string[] arguments = ["--checkpoint-dir", _folder.Path, "--set", "rate=1000", "--set", "count=4000", "--set", "failure=wait", "--restart", "fixed-delay", "--restart.delay", "1s"];
        Doubling.Failures["wait"] = 1;
        using CancellationTokenSource stop = new();
        LocalRun run = Run(arguments, async job =>
        {
            await Eventually.IsTrueAsync(() => job.Status.State == JobState.Waiting, "the job to wait");
            await stop.CancelAsync();
        });
        LocalRunResult result = await run.RunAsync(stop.Token);
        Assert.Equal((0, JobState.Stopped), (result.ExitCode, result.Outcome!.State));
    }

    private static LocalRun Run(string[] arguments, Func<LocalJob, Task> watch) => new()
    {
        Name = nameof(Doubling),
        Create = () => new Doubling(),
        Options = new JobOptionsReader().Read(arguments).Options,
        Watch = (job, _) => watch(job),
        HandlesSignals = false,
    };
}
