using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.Streams.Core;
using Orleans.TestingHost;
using OrleansStream.Connectors.Streams.Reading;
using OrleansStream.Grains;
using OrleansStream.Orleans.Tests.Clusters;

namespace OrleansStream.Orleans.Tests.Streams;

/// <summary>Jobs on silos that read and write streams of Orleans.</summary>
public sealed class StreamClusterTests
{
    private const string Provider = "events";
    private static readonly string[] s_keys = ["a", "b", "c"];
    private readonly Outside _outside = new();
    private readonly EventLog _log = new();
    private readonly LogLines _lines = new();
    private int _failAt = -1;

    [Fact]
    public async Task What_is_written_to_streams_is_read_from_them_in_order()
    {
        await using SiloCluster cluster = await StartAsync(2, silo => silo.AddMemoryStreams(Provider), env =>
        {
            OrleansStreamSource<int> source = new(new StreamSourceOptions { Provider = Provider, Namespace = "in", Keys = s_keys, Linger = TimeSpan.Zero });
            env.FromSource(source, WatermarkStrategy.None<int>()).WithUid("in")
                .SinkTo(OrleansStreamSink.For<int>(Provider, "copies", (int n) => s_keys[n / 1000]).WithBatch(7)).WithUid("copy");
            env.FromSource(OrleansStreamSource.For<int>(Provider, "copies", s_keys).WithBuffer(3), WatermarkStrategy.None<int>()).WithUid("copies").Collect("out").WithUid("out");
        });
        string id = await SubmitAsync(cluster, "in", "copies");
        await WriteAsync(cluster, 0, 200);
        await cluster.UntilAsync(() => Out().Count >= 600, "all events twice through the provider");
        Assert.Equal(Numbers(200), Out().Order());
        foreach (int stream in Enumerable.Range(0, s_keys.Length))
        {
            Assert.Equal(Enumerable.Range(stream * 1000, 200), Out().Where(n => n / 1000 == stream));
        }

        await CancelAsync(cluster, id);
        await cluster.UntilAsync(async () => (await SubscriptionsAsync(cluster, "in")).All(s => s.Length == 0), "the subscriptions to be given up");
    }

    [Fact]
    public async Task A_failed_attempt_goes_on_from_the_tokens_of_its_checkpoint()
    {
        await using SiloCluster cluster = await StartAsync(2, silo => silo.AddMemoryStreams(Provider), Collect);
        string id = await SubmitAsync(cluster, "in");
        await WriteAsync(cluster, 0, 100);
        await cluster.UntilAsync(() => Out().Count >= 300, "the first events in a checkpoint");
        Volatile.Write(ref _failAt, 1150);
        await WriteAsync(cluster, 100, 100);
        await cluster.UntilAsync(() => Out().Count >= 600, "the events of both attempts, none of which another event follows");
        Assert.Equal(-1, Volatile.Read(ref _failAt));
        await RequireOnceAsync(cluster, id, 200);
    }

    [Fact]
    public async Task A_lost_silo_costs_no_event_of_a_provider_that_can_go_back()
    {
        await using SiloCluster cluster = await StartAsync(3, silo => LogProvider.Add(silo, Provider, _log, isRewindable: true), Collect);
        // Long enough for the subscriptions of the lost silo to come to life elsewhere before there are new ones.
        string id = await cluster.SubmitAsync("streams", 2, 64, ("restart.delay", "1s"));
        await UntilSubscribedAsync(cluster, "in");
        await WriteAsync(cluster, 0, 100);
        await cluster.UntilAsync(() => Out().Count >= 300, "the first events in a checkpoint");
        SubtaskPlaces places = (await cluster.Jobs.Job(id).GetPlacesAsync())!;
        InProcessSiloHandle lost = cluster.Silos.First(s => s != cluster.MasterOf(id) && places.Subtasks.Any(p => p.Kind == "source" && p.Silo == cluster.NodeOf(s).Name));
        Task writing = WriteAsync(cluster, 100, 200);
        cluster.Crash(lost);
        await writing;
        await cluster.UntilAsync(async () => (await cluster.Jobs.Job(id).GetReportAsync()).Attempt > 1, "the restart without the silo");
        await cluster.UntilAsync(() => Out().Count >= 900, "the events of all attempts");
        await RequireOnceAsync(cluster, id, 300);
    }

    [Fact]
    public async Task What_is_written_while_the_job_is_stopped_is_read_when_it_goes_on_with_another_parallelism()
    {
        await using SiloCluster cluster = await StartAsync(2, silo => LogProvider.Add(silo, Provider, _log, isRewindable: true), Collect);
        string stopped = await cluster.SubmitAsync("streams", 1, 64, ("job.name", "resumed"));
        await UntilSubscribedAsync(cluster, "in");
        await WriteAsync(cluster, 0, 100);
        await cluster.UntilAsync(() => Out().Count >= 300, "the first events in a checkpoint");
        await cluster.Jobs.Job(stopped).StopAsync(drain: false);
        await cluster.EndOfAsync(stopped);
        await WriteAsync(cluster, 100, 100);
        string id = await cluster.SubmitAsync("streams", 3, 64, ("job.name", "resumed"), ("resume", "true"));
        await cluster.UntilAsync(() => Out().Count >= 600, "the events of the time between");
        await RequireOnceAsync(cluster, id, 200);
    }

    [Fact]
    public async Task A_provider_that_cannot_go_back_is_named_at_the_start_and_loses_at_most_what_no_checkpoint_holds()
    {
        await using SiloCluster cluster = await StartAsync(1, silo => LogProvider.Add(silo, Provider, _log, isRewindable: false), Collect);
        string id = await SubmitAsync(cluster, "in");
        Assert.Contains($"the stream provider '{Provider}' cannot go back. After a failure", _lines.ToString(), StringComparison.Ordinal);
        await WriteAsync(cluster, 0, 100);
        await cluster.UntilAsync(() => Out().Count >= 300, "the first events in a checkpoint");
        Guid[][] before = await SubscriptionsAsync(cluster, "in");
        Volatile.Write(ref _failAt, 1100);
        await WriteAsync(cluster, 100, 1);
        await cluster.UntilAsync(() => _lines.ToString().Contains("since the checkpoint from which the job goes on are lost", StringComparison.Ordinal), "the warning of the second attempt");
        // Those of the first attempt may still be there, and what comes by them is not for the second.
        await cluster.UntilAsync(async () => (await SubscriptionsAsync(cluster, "in")).Zip(before).All(s => s.First.Except(s.Second).Any()), "the subscriptions of the second attempt");
        await WriteAsync(cluster, 101, 100);
        await cluster.UntilAsync(() => Numbers(101, 100).All(Out().Contains), "what came after the restart");
        Assert.Equal(Out().Count, Out().Distinct().Count());
        Assert.Empty(Numbers(100).Except(Out()));
        Assert.DoesNotContain(1100, Out());
        await CancelAsync(cluster, id);
    }

    [Fact]
    public async Task A_provider_that_the_silos_lack_is_named_with_the_remedy()
    {
        await using SiloCluster cluster = await StartAsync(1, _ => { }, Collect);
        string id = await cluster.SubmitAsync("streams", 2);
        JobEnd end = await cluster.EndOfAsync(id);
        Assert.Equal(JobState.Failed, end.State);
        Assert.Contains($"no stream provider '{Provider}'. Add it to every silo", end.Error, StringComparison.Ordinal);
    }

    private void Collect(StreamEnvironment env) =>
        env.FromSource(OrleansStreamSource.For<int>(Provider, "in", s_keys), WatermarkStrategy.None<int>()).WithUid("in")
            .Map(n =>
            {
                if (Interlocked.CompareExchange(ref _failAt, -1, n) == n)
                {
                    throw new InvalidOperationException("The attempt that fails on purpose.");
                }

                return n;
            }).WithUid("fail-once")
            .Collect("out").WithUid("out");

    private IReadOnlyList<int> Out() => _outside.Results.Get<int>("out");

    private Task<SiloCluster> StartAsync(int silos, Action<ISiloBuilder> addProvider, Action<StreamEnvironment> define) => SiloCluster.StartAsync(
        silos, new Dictionary<string, Action<StreamEnvironment>> { ["streams"] = define }, _outside, silo =>
        {
            silo.AddStreaming();
            silo.Services.AddKeyedSingleton<IGrainStorage>("PubSubStore", _outside.Grains);
            silo.Services.AddLogging(logging => logging.AddProvider(_lines));
            addProvider(silo);
        });

    private static async Task<string> SubmitAsync(SiloCluster cluster, params string[] namespaces)
    {
        string id = await cluster.SubmitAsync("streams", 2, 64);
        foreach (string streamNamespace in namespaces)
        {
            await UntilSubscribedAsync(cluster, streamNamespace);
        }

        return id;
    }

    // What is written before is not for the job.
    private static Task UntilSubscribedAsync(SiloCluster cluster, string streamNamespace) =>
        cluster.UntilAsync(async () => (await SubscriptionsAsync(cluster, streamNamespace)).All(s => s.Length == 1), $"subscriptions to the streams '{streamNamespace}'");

    private static async Task<Guid[][]> SubscriptionsAsync(SiloCluster cluster, string streamNamespace)
    {
        IStreamSubscriptionManager manager = cluster.Silos[0].ServiceProvider.GetRequiredService<IStreamSubscriptionManagerAdmin>()
            .GetStreamSubscriptionManager(StreamSubscriptionManagerType.ExplicitSubscribeOnly);
        List<Guid[]> ids = [];
        foreach (string key in s_keys)
        {
            ids.Add([.. (await manager.GetSubscriptions(Provider, StreamId.Create(streamNamespace, key))).Select(s => s.SubscriptionId)]);
        }

        return [.. ids];
    }

    // The first stream has the numbers from 0, the second those from 1000, the third those from 2000.
    private static async Task WriteAsync(SiloCluster cluster, int from, int count)
    {
        IStreamProvider provider = cluster.Silos[^1].ServiceProvider.GetRequiredService<IClusterClient>().GetStreamProvider(Provider);
        await Task.WhenAll(s_keys.Select(async (key, stream) =>
        {
            IAsyncStream<int> events = provider.GetStream<int>(StreamId.Create("in", key));
            for (int n = from; n < from + count; n += 5)
            {
                await events.OnNextBatchAsync(Enumerable.Range((1000 * stream) + n, Math.Min(5, from + count - n)));
            }
        }));
    }

    private static IEnumerable<int> Numbers(int count) => Numbers(0, count);

    private static IEnumerable<int> Numbers(int from, int count) => s_keys.SelectMany((_, stream) => Enumerable.Range((1000 * stream) + from, count));

    // What comes after the last event shows that nothing of before comes again.
    private async Task RequireOnceAsync(SiloCluster cluster, string id, int written)
    {
        await WriteAsync(cluster, written, 5);
        await cluster.UntilAsync(() => Numbers(written, 5).All(Out().Contains), "the last events");
        Assert.Equal(Numbers(written + 5).Order(), Out().Order());
        await CancelAsync(cluster, id);
    }

    private static async Task CancelAsync(SiloCluster cluster, string id)
    {
        await cluster.Jobs.Job(id).CancelAsync();
        await cluster.EndOfAsync(id);
    }
}
