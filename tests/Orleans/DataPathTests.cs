using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.TestingHost;
using OrleansStream.Engine.Frames;
using OrleansStream.Grains;
using OrleansStream.Orleans.Tests.Clusters;
using Xunit.Abstractions;

namespace OrleansStream.Orleans.Tests;

/// <summary>Data between silos beside all else that goes the same way. Alone, since other clusters would wait for it.</summary>
[Collection(nameof(DataPathTests))]
[CollectionDefinition(nameof(DataPathTests), DisableParallelization = true)]
public sealed class DataPathTests(ITestOutputHelper report)
{
    private const int FrameBytes = 32 << 10;
    private const int LeastFrames = 3000;
    private const int MostAtOnce = 50_000;

    // Six rounds of probes of the clusters in these tests.
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(3);

    // Twice this without an answer, and a probe of these clusters counts as missed.
    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(250);

    [Fact]
    public async Task Data_at_full_speed_delays_neither_probes_nor_control_messages()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(2, new Dictionary<string, Action<StreamEnvironment>>());
        (InProcessSiloHandle one, InProcessSiloHandle other) = (cluster.Silos[0], cluster.Silos[1]);
        SiloNode from = cluster.NodeOf(one);
        SiloNode to = cluster.NodeOf(other);
        ITaskHostService control = one.ServiceProvider.GetRequiredService<TaskHostClient>().At(to.Address);
        NodeParcel nothing = new([]);
        byte[] content = new byte[FrameBytes];
        long sent = 0;
        long began = Stopwatch.GetTimestamp();
        List<TimeSpan> times = [];
        await cluster.UntilAsync(
            async () =>
            {
                // More than the line takes: what it has no room for is lost, and counted.
                for (long lost = from.Transport.Lost, most = sent + MostAtOnce; from.Transport.Lost == lost && sent < most;)
                {
                    from.Transport.Send(to.Name, new ExchangeFrame("nobody's", 1, from.Name, default, ++sent, content));
                }

                long asked = Stopwatch.GetTimestamp();
                await control.ControlAsync(nothing);
                times.Add(Stopwatch.GetElapsedTime(asked));
                return Stopwatch.GetElapsedTime(began) > s_duration && sent - from.Transport.Lost > LeastFrames;
            },
            "data to be sent for a while");
        times.Sort();
        long taken = sent - from.Transport.Lost;
        report.WriteLine($"data path: {taken} frames of {FrameBytes >> 10} KiB taken in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, beside them control calls p50 {times[times.Count / 2].TotalMilliseconds:0.00} ms, longest {times[^1].TotalMilliseconds:0.0} ms");
        Assert.True(from.Transport.Lost > 0, "The line was never full.");
        Assert.True(times[times.Count / 2] < s_late, $"Half of the control calls took {times[times.Count / 2]} or longer beside data.");
        MembershipEntry[] silos = await cluster.Grains.GetGrain<IManagementGrain>(0).GetDetailedHosts();
        Assert.Equal(2, silos.Length);
        Assert.All(silos, s => Assert.Equal((SiloStatus.Active, 0), (s.Status, s.SuspectTimes?.Count ?? 0)));
    }
}
