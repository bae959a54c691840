using Confluent.Kafka;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;
using OrleansStream.Kafka.Broker;
using OrleansStream.Kafka.Jobs;

namespace OrleansStream.Kafka;

/// <summary>Starts that are no plain restarts: an older savepoint, the same name afresh, a mark that is gone.</summary>
[Collection(KilledJobTests.Name)]
public sealed class HistoryTests(SharedKafka kafka)
{
    private const int Numbers = 4000;

    [KafkaFact]
    public async Task From_an_older_savepoint_the_job_asks_whether_its_epoch_was_written()
    {
        using Pipeline pipeline = await Pipeline.CreateAsync(kafka.Cluster, Numbers);
        await using LocalCluster cluster = new();
        LocalJob job = Submit(cluster, pipeline, null, ("pause", "100"));
        await Eventually.IsTrueAsync(() => job.Status.Operators.Any(o => o.Name.Contains("exactly once", StringComparison.Ordinal) && o.RecordsIn > 500), "records at the sink");
        string savepoint = await job.StopWithSavepointAsync("savepoint");
        string[] before = pipeline.Rows();
        Assert.NotEmpty(before);

        JobOutcome whole = await Submit(cluster, pipeline, savepoint).Completion;
        Assert.Equal(JobState.Finished, whole.State);
        pipeline.RequireOutput(pipeline.ExpectedEach());

        JobOutcome asked = await Submit(cluster, pipeline, savepoint).Completion;
        Assert.Equal(JobState.Failed, asked.State);
        Assert.Contains("nobody can know whether the transactional id", asked.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("UnknownEpochPolicy.Rewrite", asked.Error.Message, StringComparison.Ordinal);

        // What was written after the savepoint is made and written again, what was before it is not.
        Assert.Equal(JobState.Finished, (await Submit(cluster, pipeline, savepoint, ("unknown", "Skip")).Completion).State);
        pipeline.RequireOutput([.. pipeline.ExpectedEach(), .. pipeline.ExpectedEach().Except(before)]);
        await pipeline.RequireNothingHangsAsync();
    }

    [KafkaFact]
    public async Task Started_afresh_under_the_same_name_the_job_writes_its_output_again()
    {
        using Pipeline pipeline = await Pipeline.CreateAsync(kafka.Cluster, Numbers);
        await pipeline.FinishAsync("--set", "each=true");
        Directory.Delete(pipeline.Checkpoints, recursive: true);
        await pipeline.FinishAsync("--set", "each=true");
        await pipeline.FinishAsync("--set", "each=true", "--resume");
        pipeline.RequireOutput([.. pipeline.ExpectedEach(), .. pipeline.ExpectedEach()]);
    }

    [KafkaToolFact]
    public async Task A_mark_that_is_gone_is_an_error_with_a_choice()
    {
        using Pipeline pipeline = await Pipeline.CreateAsync(kafka.Cluster, 20_000);
        pipeline.Parallelism = 1;
        string[] arguments = ["--set", "each=true", "--set", "pause=20", "--set", $"marks=marks-{pipeline.Output}"];
        using (Recovery.TestProcess process = pipeline.Start([.. arguments, "--set", "phase=before-burst", "--set", "at=1"]))
        {
            Assert.Equal(128 + ProcessSignal.Kill, await process.WaitForExitAsync());
        }

        using (IAdminClient admin = pipeline.Topics.Admin())
        {
            await admin.DeleteTopicsAsync([$"marks-{pipeline.Output}"]);
            await Eventually.IsTrueAsync(() => !admin.GetMetadata(TimeSpan.FromSeconds(30)).Topics.Exists(t => t.Topic == $"marks-{pipeline.Output}"), "the topic of the marks to be gone");
        }

        using (Recovery.TestProcess process = pipeline.Start([.. arguments, "--resume"]))
        {
            Assert.Equal(1, await process.WaitForExitAsync());
            Assert.Contains("is gone", process.Errors, StringComparison.Ordinal);
            Assert.Contains("UnknownEpochPolicy.Skip", process.Errors, StringComparison.Ordinal);
        }

        await pipeline.FinishAsync([.. arguments, "--resume", "--set", "unknown=Rewrite"]);
        pipeline.RequireOutput(pipeline.ExpectedEach());
    }

    // Without an interval: what is pending in a savepoint is all that came before it.
    private static LocalJob Submit(LocalCluster cluster, Pipeline pipeline, string? savepoint, params (string Name, string Value)[] more) => cluster.Submit(
        pipeline.Job, () => new PipelineJob(), new JobOptions
        {
            Parallelism = 2,
            BatchSize = 16,
            Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromHours(1), Directory = pipeline.Checkpoints },
            Restart = new RestartOptions { Strategy = RestartKind.None },
            FromSavepoint = savepoint,
            Arguments = pipeline.Arguments([("each", "true"), .. more]),
        });
}
