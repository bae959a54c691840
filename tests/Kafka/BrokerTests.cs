using OrleansStream.Kafka.Broker;
using OrleansStream.Recovery;

namespace OrleansStream.Kafka;

/// <summary>Brokers are killed while the job runs; it goes on when they are back, or with those that are left, without a restart by a person.</summary>
[Collection(SharedKafkaTests.Name)]
public sealed class BrokerTests
{
    private static readonly string[] s_each = ["--set", "each=true", "--set", "pause=40"];

    [KafkaToolFact]
    public async Task The_broker_is_killed_and_comes_back()
    {
        await using KafkaCluster cluster = await KafkaCluster.StartAsync();
        using Pipeline pipeline = await Pipeline.CreateAsync(cluster, 30_000);
        pipeline.Restart = "exponential-delay";
        using TestProcess process = pipeline.Start(s_each);
        await process.WaitUntilAsync(pipeline.HasOutput, "output");
        await cluster.KillAsync();
        await cluster.RestartAsync();
        int exit = await process.WaitForExitAsync();
        Assert.True(exit == 0, $"ended with {exit}:\n{process.Errors}");
        await pipeline.RequireOutputAsync(pipeline.ExpectedEach());
    }

    [KafkaToolFact]
    public async Task One_of_three_brokers_is_lost()
    {
        await using KafkaCluster cluster = await KafkaCluster.StartAsync(nodes: 3);
        using Pipeline pipeline = await Pipeline.CreateAsync(cluster, 30_000, replicas: 3);
        pipeline.Restart = "exponential-delay";
        using TestProcess process = pipeline.Start(s_each);
        await process.WaitUntilAsync(pipeline.HasOutput, "output");
        await cluster.KillAsync(1);
        int exit = await process.WaitForExitAsync();
        Assert.True(exit == 0, $"ended with {exit}:\n{process.Errors}");
        pipeline.RequireOutput(pipeline.ExpectedEach());
    }
}
