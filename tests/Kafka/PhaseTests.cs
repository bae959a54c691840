using OrleansStream.Kafka.Broker;
using OrleansStream.Kafka.Jobs;
using OrleansStream.Recovery;
using Xunit.Abstractions;

namespace OrleansStream.Kafka;

/// <summary>The process is killed, or stopped and replaced, at each instant of the two phases; what Kafka's own consumer then sees is the model's output, and nothing hangs.</summary>
[Collection(KilledJobTests.Name)]
public sealed class PhaseTests(SharedKafka kafka, ITestOutputHelper log)
{
    private const int Numbers = 16_000;
    private static readonly string[] s_each = ["--set", "each=true", "--set", "chunk=4000", "--set", "pause=20"];

    [KafkaToolTheory]
    [InlineData("spooling", 5)]
    [InlineData("prepared", 2)]
    [InlineData("before-burst", 2)]
    [InlineData("in-burst", 1)]
    [InlineData("in-burst", 3)]
    [InlineData("after-commit", 2)]
    [InlineData("between", 2)]
    public async Task Killed_at_a_phase_and_resumed_the_output_is_that_of_a_run_without(string phase, int at)
    {
        using Pipeline pipeline = await Pipeline.CreateAsync(kafka.Cluster, Numbers);
        await KillAsync(pipeline, phase, at, s_each);
        await pipeline.FinishAsync([.. s_each, "--resume"]);
        pipeline.RequireOutput(pipeline.ExpectedEach());
    }

    [KafkaToolFact]
    public async Task Killed_in_the_middle_of_an_epoch_of_many_transactions_it_goes_on_behind_the_last_one()
    {
        using Pipeline pipeline = await Pipeline.CreateAsync(kafka.Cluster, Numbers);
        string[] small = [.. s_each, "--set", "max-transaction=12000"];
        await KillAsync(pipeline, "in-burst", 2, small);
        await pipeline.FinishAsync([.. small, "--resume"]);
        await pipeline.RequireOutputAsync(pipeline.ExpectedEach());
    }

    [KafkaToolFact]
    public async Task Killed_with_four_sinks_resumed_with_one_killed_again_and_resumed_with_three()
    {
        using Pipeline pipeline = await Pipeline.CreateAsync(kafka.Cluster, Numbers);
        pipeline.Parallelism = 4;
        await KillAsync(pipeline, "between", 1, s_each);
        pipeline.Parallelism = 1;
        await KillAsync(pipeline, "in-burst", 2, [.. s_each, "--resume"]);
        pipeline.Parallelism = 3;
        await pipeline.FinishAsync([.. s_each, "--resume"]);
        await pipeline.RequireOutputAsync(pipeline.ExpectedEach());
    }

    [KafkaToolFact]
    public async Task Killed_twice_in_the_same_burst()
    {
        using Pipeline pipeline = await Pipeline.CreateAsync(kafka.Cluster, Numbers);
        await KillAsync(pipeline, "in-burst", 2, s_each);
        await KillAsync(pipeline, "in-burst", 1, [.. s_each, "--resume"]);
        await pipeline.FinishAsync([.. s_each, "--resume"]);
        await pipeline.RequireOutputAsync(pipeline.ExpectedEach());
    }

    [KafkaToolTheory]
    [InlineData("in-burst", 2)]
    [InlineData("before-burst", 2)]
    public async Task Stopped_at_a_phase_replaced_and_continued_it_changes_nothing(string phase, int at)
    {
        using Pipeline pipeline = await Pipeline.CreateAsync(kafka.Cluster, Numbers);
        using TestProcess zombie = pipeline.Start([.. s_each, "--set", $"phase={phase}", "--set", $"at={at}", "--set", "signal=stop"]);
        await zombie.WaitUntilAsync(() => IsStopped(zombie.Id), $"the process to stop {phase}");
        await pipeline.FinishAsync([.. s_each, "--resume"]);
        pipeline.RequireOutput(pipeline.ExpectedEach());
        ProcessSignal.Send(zombie.Id, ProcessSignal.Continue);
        int exit = await zombie.WaitForExitAsync();
        log.WriteLine(zombie.Errors);
        Assert.Equal(1, exit);
        await pipeline.RequireOutputAsync(pipeline.ExpectedEach());
    }

    private static async Task KillAsync(Pipeline pipeline, string phase, int at, string[] arguments)
    {
        using TestProcess process = pipeline.Start([.. arguments, "--set", $"phase={phase}", "--set", $"at={at}"]);
        int exit = await process.WaitForExitAsync();
        Assert.True(exit == 128 + ProcessSignal.Kill, $"the process was not killed {phase} {at}, it ended with {exit}:\n{process.Errors}");
    }

    private static bool IsStopped(int process) =>
        File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].TrimStart().StartsWith('T');
}
