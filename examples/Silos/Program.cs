using System.Diagnostics;
using System.Globalization;
using OrleansStream;
using OrleansStream.Client;
using OrleansStream.Engine.Jobs;
using OrleansStream.Examples.Flights;
using OrleansStream.Grains;
using OrleansStream.Hosting;

// ./run --silos N [OPTION…]: the flights example on silos in this process.
if (args is not ["--silos", string text, ..] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int silos) || silos is < 1 or > 16)
{
    Console.Error.WriteLine("--silos needs a number from 1 to 16: ./run --silos 2 --repeat 50");
    return 2;
}

return await FlightsExample.Program.RunAsync(args[2..], run => RunAsync(run, silos));

static async Task<LocalRunResult> RunAsync(ConsoleRun run, int silos)
{
    long began = Stopwatch.GetTimestamp();
    string name = run.Options.Name ?? run.Name;
    LocalRunResult result;
    using CancellationTokenSource stop = new();
    void OnCtrlC(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = !stop.IsCancellationRequested;
        stop.Cancel();
    }

    Console.CancelKeyPress += OnCtrlC;
    try
    {
        await using DevelopmentCluster cluster = await DevelopmentCluster.StartAsync(
            silos, jobs => jobs.AddJob<FlightDelays>(), options => options.Workers = Math.Max(1, Environment.ProcessorCount / silos));
        Console.Error.WriteLine($"{silos} silos run in this process");
        string id = await cluster.SubmitAsync(run.Name, JobOptionCatalog.Write(run.Options));
        result = await FollowAsync(cluster, id, began, stop.Token);
    }
    catch (Exception e) when (e is OptionsException or JobRefusedException)
    {
        result = new LocalRunResult(null, null, null, Stopwatch.GetElapsedTime(began), e);
    }
    finally
    {
        Console.CancelKeyPress -= OnCtrlC;
    }

    result.WriteEnd(Console.Error, name);
    return result;
}

static async Task<LocalRunResult> FollowAsync(DevelopmentCluster cluster, string id, long began, CancellationToken stop)
{
    string? checkpoint = null;
    TimeSpan shown = TimeSpan.Zero;
    while (true)
    {
        JobReport report = await cluster.GetReportAsync(id);
        if (report.End is { } end)
        {
            Exception? error = end.State == JobState.Failed ? new InvalidOperationException(end.Error) : null;
            return new LocalRunResult(new JobOutcome(end.State, error, end.LastCheckpoint, end.Attempt - 1), null, checkpoint, Stopwatch.GetElapsedTime(began), error);
        }

        if (Stopwatch.GetElapsedTime(began) - shown > TimeSpan.FromSeconds(1))
        {
            shown = Stopwatch.GetElapsedTime(began);
            Console.Error.WriteLine(
                $"{shown.TotalSeconds:0} s: {report.State.ToString().ToLowerInvariant()}, attempt {report.Attempt}, checkpoint {report.LastCheckpoint?.ToString(CultureInfo.InvariantCulture) ?? "none"}; "
                + string.Join(", ", report.Operators.Select(o => $"{o.Name} {o.RecordsOut:N0}")));
        }

        if (stop.IsCancellationRequested && checkpoint is null && report.State == JobState.Running)
        {
            checkpoint = await cluster.StopAsync(id);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
    }
}
