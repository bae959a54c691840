using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;

namespace OrleansStream.Docs.Streams;

#region orleans-streams-job
[GenerateSerializer]
public sealed record Measured([property: Id(0)] string Machine, [property: Id(1)] DateTimeOffset Time, [property: Id(2)] double Degrees);

[GenerateSerializer]
public sealed record Hot([property: Id(0)] string Machine, [property: Id(1)] DateTimeOffset Minute, [property: Id(2)] double Degrees);

public sealed class HotMachines : IStreamJob
{
    public void Define(StreamEnvironment env) =>
        env.FromSource(
                OrleansStreamSource.For<Measured>("factory", "measurements", "hall-1", "hall-2"),
                WatermarkStrategy.BoundedOutOfOrderness<Measured>(TimeSpan.FromSeconds(5)).WithTimestamps(m => m.Time).WithIdleness(TimeSpan.FromSeconds(30))).WithUid("measurements")
            .KeyBy(m => m.Machine)
            .Window(TumblingWindows.Of(TimeSpan.FromMinutes(1)))
            .Aggregate(default(Highest), (window, machine, degrees) => new Hot(machine, window.StartTime, degrees)).WithUid("per-minute")
            .Filter(h => h.Degrees > 90).WithUid("hot")
            .SinkTo(OrleansStreamSink.For<Hot>("factory", "alarms", h => h.Machine)).WithUid("alarms");
}
#endregion

public readonly struct Highest : IAggregate<Measured, double, double>
{
    public double Create() => double.MinValue;

    public void Add(ref double highest, in Measured measured) => highest = Math.Max(highest, measured.Degrees);

    public void Merge(ref double into, in double from) => into = Math.Max(into, from);

    public double Result(in double highest) => highest;
}

internal static class Silo
{
    public static async Task RunAsync(string[] args)
    {
        #region orleans-streams-silo
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering()
            .AddMemoryStreams("factory")                 // or AddEventHubStreams and others
            .AddMemoryGrainStorage("PubSubStore")        // who is subscribed; a deployment keeps it in a database
            .AddOrleansStream(o => o.CheckpointDirectory = "checkpoints").AddJob<HotMachines>());
        await builder.Build().RunAsync();
        #endregion
    }
}
