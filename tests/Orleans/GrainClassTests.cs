using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using Orleans;
using Orleans.Placement;
using Orleans.Runtime;
using OrleansStream.Grains;
using OrleansStream.Hosting;
using OrleansStream.Orleans.Tests.Clusters;

namespace OrleansStream.Orleans.Tests;

/// <summary>What holds for all grains, and what none of them does.</summary>
public sealed class GrainClassTests
{
    [Fact]
    public void Every_grain_is_immovable_and_all_but_the_dispatcher_are_placed_by_the_master()
    {
        Type[] grains = [.. typeof(IJobGrain).Assembly.GetTypes().Where(t => t is { IsAbstract: false } && typeof(Grain).IsAssignableFrom(t)).OrderBy(t => t.Name, StringComparer.Ordinal)];
        Assert.Equal(
            ["CheckpointCoordinatorGrain", "DispatcherGrain", "JobGrain", "KeyedOperatorGrain", "OperatorGrain", "PartitionReaderGrain", "SinkGrain"], grains.Select(t => t.Name));
        Assert.All(grains, t => Assert.Equal(ImmovableKind.Any, t.GetCustomAttribute<ImmovableAttribute>()?.Kind));
        Assert.Equal(
            [nameof(JobPlacement), "", nameof(JobPlacement), nameof(KeyPlacement), nameof(SubtaskPlacement), nameof(SubtaskPlacement), nameof(SubtaskPlacement)],
            grains.Select(t => t.GetCustomAttribute<PlacementAttribute>()?.PlacementStrategy.GetType().Name ?? ""));
    }

    [Fact]
    public async Task Records_timers_and_calls_of_process_functions_run_on_threads_of_workers_and_never_on_a_grain_s_scheduler()
    {
        ConcurrentDictionary<string, (bool IsPool, bool IsDefault)> seen = new();
        void See(string what) => seen[what] = (Thread.CurrentThread.IsThreadPoolThread, TaskScheduler.Current == TaskScheduler.Default);
        await using SiloCluster cluster = await SiloCluster.StartAsync(2, new Dictionary<string, Action<StreamEnvironment>>
        {
            ["seeing"] = env => env.FromSource(GeneratorSource.Of(i => i, 1000), WatermarkStrategy.Monotonous<long>().WithTimestamps(i => i)).WithUid("numbers")
                .Map(i =>
                {
                    See("map");
                    return i;
                })
                .KeyBy(i => i % 17)
                .Process(new Seeing(See)).WithUid("seeing")
                .Collect("out"),
        });
        string id = await cluster.SubmitAsync("seeing", 4);
        await cluster.FinishedAsync(id);
        Assert.Equal(17, cluster.Outside.Results.Get<string>("out").Count);
        Assert.Equal(["map", "open", "process", "timer"], seen.Keys.Order(StringComparer.Ordinal));
        Assert.All(seen, s => Assert.True(s.Value.IsDefault, $"{s.Key} ran on a scheduler of its own"));
        Assert.All(seen.Where(s => s.Key != "open"), s => Assert.False(s.Value.IsPool, $"{s.Key} ran on the thread pool"));
    }

    private sealed class Seeing(Action<string> see) : KeyedProcessFunction<long, long, string>
    {
        public override void Open(OpenContext context) => see("open");

        public override void Process(in long value, KeyedContext<long> context, Output<string> output)
        {
            see("process");
            context.Timers.RegisterEventTime(10_000);
        }

        public override void OnTimer(in FiredTimer timer, KeyedContext<long> context, Output<string> output)
        {
            see("timer");
            output.Emit(context.Key.ToString(CultureInfo.InvariantCulture));
        }
    }
}
