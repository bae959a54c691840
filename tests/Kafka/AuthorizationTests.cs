using Confluent.Kafka;
using Confluent.Kafka.Admin;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;
using OrleansStream.Kafka.Broker;
using OrleansStream.Kafka.Jobs;

namespace OrleansStream.Kafka;

/// <summary>A broker that forbids something: the job fails with the right that is missing.</summary>
[Collection(SharedKafkaTests.Name)]
public sealed class AuthorizationTests
{
    // What no rule is about everybody may do, so that the broker itself and the tests need no rules.
    private static readonly string[] s_settings = ["authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "allow.everyone.if.no.acl.found=true"];

    [KafkaToolFact]
    public async Task A_right_that_is_missing_is_named_with_the_topic_or_the_group()
    {
        await using KafkaCluster cluster = await KafkaCluster.StartAsync(settings: s_settings);
        Topics topics = new(cluster.Servers);
        string open = await topics.CreateAsync("open");
        string hidden = await topics.CreateAsync("hidden");
        topics.Fill(open, [(0, null, "a", 1)]);
        using (IAdminClient admin = topics.Admin())
        {
            await admin.CreateAclsAsync([
                Deny(ResourceType.Topic, hidden),
                Deny(ResourceType.Group, "secret")]);
            await Eventually.IsTrueAsync(() => IsDenied(admin, hidden), "the rules to hold");
        }

        Exception reading = await FailureAsync(Read(KafkaSource.Strings(hidden).WithBootstrapServers(cluster.Servers).StopAtLatest()));
        Assert.Contains(hidden, reading.Message, StringComparison.Ordinal);
        Assert.Contains("READ and DESCRIBE for a source", reading.Message, StringComparison.Ordinal);

        Exception group = await FailureAsync(Read(KafkaSource.Strings(open).WithBootstrapServers(cluster.Servers).StartFromGroup("secret").StopAtLatest()));
        Assert.Contains("READ on the group", group.Message, StringComparison.Ordinal);

        KafkaSource<string> input = KafkaSource.Strings(open).WithBootstrapServers(cluster.Servers).StopAtLatest();
        Exception writing = await FailureAsync(env => env.FromSource(input, WatermarkStrategy.None<string>()).WithUid("in")
            .SinkTo(KafkaSink.Strings(hidden).WithBootstrapServers(cluster.Servers)).WithUid("out"));
        Assert.Contains(hidden, writing.Message, StringComparison.Ordinal);
        Assert.Contains("WRITE and DESCRIBE for a sink", writing.Message, StringComparison.Ordinal);
    }

    private static AclBinding Deny(ResourceType type, string name) => new()
    {
        Pattern = new ResourcePattern { Type = type, Name = name, ResourcePatternType = ResourcePatternType.Literal },
        Entry = new AccessControlEntry { Principal = "User:ANONYMOUS", Host = "*", Operation = AclOperation.All, PermissionType = AclPermissionType.Deny },
    };

    private static bool IsDenied(IAdminClient admin, string topic) =>
        admin.GetMetadata(topic, TimeSpan.FromSeconds(20)).Topics[0].Error.Code == ErrorCode.TopicAuthorizationFailed;

    private static Action<StreamEnvironment> Read(KafkaSource<string> source) =>
        env => env.FromSource(source, WatermarkStrategy.None<string>()).WithUid("in").Collect("rows").WithUid("rows");

    private static async Task<Exception> FailureAsync(Action<StreamEnvironment> define)
    {
        string folder = Directory.CreateTempSubdirectory("ostream-rights-").FullName;
        await using LocalCluster cluster = new();
        JobOutcome outcome = await cluster.Submit("rights", () => new LambdaJob(define), new JobOptions
        {
            Parallelism = 1,
            Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(100), Directory = folder },
            Restart = new RestartOptions { Strategy = RestartKind.None },
        }).Completion;
        Directory.Delete(folder, recursive: true);
        Assert.NotNull(outcome.Error);
        return outcome.Error;
    }
}
