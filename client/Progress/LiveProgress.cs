using System.Diagnostics;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansStream.Client;

/// <summary>Draws a job's progress on a terminal, again and again, until it has ended.</summary>
internal static class LiveProgress
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    public static Task ShowAsync(IAnsiConsole console, LocalJob job, CancellationToken ended) => console.Live(new Text(""))
        .StartAsync(async live =>
        {
            JobMeter meter = new();
            long began = Stopwatch.GetTimestamp();
            bool last;
            do
            {
                await Task.Delay(s_interval, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                last = ended.IsCancellationRequested;
                TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
                JobStatus status = job.Status;
                live.UpdateTarget(Render(status, meter.Look(status, elapsed), elapsed, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
            }
            while (!last);
        });

    internal static IRenderable Render(JobStatus status, IReadOnlyList<OperatorProgress> operators, TimeSpan elapsed, long nowMs)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn("operator");
        foreach (string name in (string[])["in", "in/s", "out", "out/s", "watermark", "busy", "backpressure", "queue"])
        {
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        }

        int chain = -1;
        foreach (OperatorProgress o in operators)
        {
            // Operators of one chain run in one subtask, so they share their times and their queue.
            bool first = o.Now.Chain != chain;
            chain = o.Now.Chain;
            string name = Markup.Escape(o.Now.Name) + Notes(o.Now);
            table.AddRow(
                first ? $"{name} [grey]×{o.Now.Parallelism}[/]" : $"  {name}",
                ProgressText.Count(o.Now.RecordsIn), ProgressText.Rate(o.InPerSecond), ProgressText.Count(o.Now.RecordsOut), ProgressText.Rate(o.OutPerSecond),
                ProgressText.Watermark(o.Now.Watermark),
                first ? ProgressText.Share(o.Busy) : "",
                !first ? "" : o.Backpressure >= 0.5 ? $"[red]{ProgressText.Share(o.Backpressure)}[/]" : ProgressText.Share(o.Backpressure),
                first ? ProgressText.Count(o.Now.QueuedElements) : "");
        }

        string text = $"[bold]{Markup.Escape(status.Name)}[/] {ProgressText.State(status)}, {elapsed:hh\\:mm\\:ss}, attempt {status.Attempt}, {ProgressText.Checkpoint(status, nowMs)}";
        return operators.Count == 0 ? new Markup(text) : new Rows(new Markup(text), table);
    }

    private static string Notes(OperatorStatus o) =>
        (o.LateDropped > 0 ? $" [yellow]{ProgressText.Count(o.LateDropped)} late[/]" : "") + (o.BadRecords > 0 ? $" [yellow]{ProgressText.Count(o.BadRecords)} bad[/]" : "");
}
