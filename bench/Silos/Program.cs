using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using OrleansStream.Bench.Silos;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Nodes;
using OrleansStream.Grains;

// bench/run path [--kib 32] [--calls 6] [--seconds 5]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Dictionary<string, int> values = new() { ["--kib"] = 32, ["--calls"] = 6, ["--seconds"] = 5 };
for (int i = 0; i < args.Length; i += 2)
{
    if (!values.ContainsKey(args[i]) || i + 1 == args.Length || !int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out int value) || value < 1)
    {
        Console.Error.WriteLine($"path: '{string.Join(' ', args[i..])}' is not valid; valid: {string.Join(", ", values.Keys.Select(k => $"{k} N"))} with N from 1");
        return 2;
    }

    values[args[i]] = value;
}

int bytes = values["--kib"] << 10;
int calls = values["--calls"];
TimeSpan duration = TimeSpan.FromSeconds(values["--seconds"]);
InMemoryCheckpointStore store = new();
await using DevelopmentCluster cluster = await DevelopmentCluster.StartAsync(2, _ => { }, o =>
{
    o.Workers = 1;
    o.CheckpointDirectory = "memory";
    o.OpenStore = _ => store;
});
SiloNode there = cluster.Silos[1].GetRequiredService<SiloNode>();
ITaskHostService service = cluster.Silos[0].GetRequiredService<TaskHostClient>().At(there.Address);

// Called once from the silo that is to have it.
await cluster.Silos[1].GetRequiredService<IGrainFactory>().GetGrain<IRawGrain>(0).TakeAsync(new Immutable<byte[]>([]));
IRawGrain raw = cluster.Silos[0].GetRequiredService<IGrainFactory>().GetGrain<IRawGrain>(0);
byte[] content = new byte[bytes];
Random.Shared.NextBytes(content);
ExchangeFrame frame = new("bench", 1, "here", new ChannelId(0, 0, 0), 1, content);
NodeParcel one = new([frame]);
NodeParcel parcel = new([.. Enumerable.Repeat<NodeMessage>(frame, Math.Max(1, (96 << 10) / bytes))]);
NodeParcel empty = new([]);

Console.WriteLine($"two silos over loopback TCP, frames of {values["--kib"]} KiB, {calls} calls under way, {values["--seconds"]} s each, {Environment.ProcessorCount} cores");
await MeasureAsync("warm up", 1, () => raw.TakeAsync(new Immutable<byte[]>(content)), print: false);
await MeasureAsync("warm up", 1, () => service.DataAsync(one), print: false);
await MeasureAsync("raw Orleans call, byte[]", 1, () => raw.TakeAsync(new Immutable<byte[]>(content)));
await MeasureAsync("task host call, one frame", 1, () => service.DataAsync(one));
await MeasureAsync($"task host call, parcel of {parcel.Messages.Count}", parcel.Messages.Count, () => service.DataAsync(parcel));
await LatencyAsync("control call, nothing else", null);
await LatencyAsync("control call beside data", () => service.DataAsync(parcel));
return 0;

async Task MeasureAsync(string name, int frames, Func<Task> call, bool print = true)
{
    long done = 0;
    long began = Stopwatch.GetTimestamp();
    async Task LoopAsync()
    {
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            await call();
            Interlocked.Add(ref done, frames);
        }
    }

    await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => Task.Run(LoopAsync)));
    double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
    if (print)
    {
        Console.WriteLine($"{name,-36} {done / seconds,10:N0} frames/s {done * (double)bytes / seconds / 1e6,8:N0} MB/s");
    }
}

async Task LatencyAsync(string name, Func<Task>? load)
{
    using CancellationTokenSource stop = new();
    async Task LoadAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            await load!();
        }
    }

    Task[] loops = load is null ? [] : [.. Enumerable.Range(0, calls).Select(_ => Task.Run(LoadAsync))];
    List<double> times = [];
    long began = Stopwatch.GetTimestamp();
    while (Stopwatch.GetElapsedTime(began) < duration)
    {
        long sent = Stopwatch.GetTimestamp();
        await service.ControlAsync(empty);
        times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
    }

    await stop.CancelAsync();
    await Task.WhenAll(loops);
    times.Sort();
    Console.WriteLine($"{name,-36} p50 {times[times.Count / 2]:0.00} ms, p99 {times[times.Count * 99 / 100]:0.00} ms, longest {times[^1]:0.0} ms");
}
