using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansStream.Service;
using Spectre.Console;

namespace OrleansStream.Cli;

/// <summary>Answers of a cluster, as tables for people or a line of JSON for machines.</summary>
internal sealed class ClusterOutput(TextWriter output, bool json)
{
    private const int ShownRows = 5;
    private const int NarrowWidth = 160;

    public void Jobs(IReadOnlyList<JobInfo> jobs)
    {
        if (json)
        {
            Json(jobs, ServiceJson.Default.IReadOnlyListJobInfo);
            return;
        }

        Table table = NewTable("job", "name", "state", "attempt", "submitted", "ended", "type");
        foreach (JobInfo j in jobs)
        {
            Row(table, j.Id, j.Name, Word(j.State), Text(j.Attempt), Text(j.SubmittedAt), j.EndedAt is { } ended ? Text(ended) : "", j.Job);
        }

        Write(table);
    }

    public void Job(JobInfo job)
    {
        if (json)
        {
            Json(job, ServiceJson.Default.JobInfo);
            return;
        }

        output.WriteLine($"job {job.Name} ({job.Id}) is {Word(job.State)}{(job.Failure is { } f ? $": {f.Message}" : "")}");
    }

    public void Savepoint(SavepointInfo savepoint)
    {
        if (json)
        {
            Json(savepoint, ServiceJson.Default.SavepointInfo);
            return;
        }

        output.WriteLine($"savepoint {savepoint.Path}");
        Job(savepoint.Job);
    }

    public void Key(KeyCall call, KeyAnswer answer)
    {
        if (json)
        {
            Json(answer, ServiceJson.Default.KeyAnswer);
            return;
        }

        string what = call.Ask is null ? "told" : answer.HasValue ? $"{call.Ask} = {answer.Value?.GetRawText() ?? "null"}" : $"{call.Ask}: the key has none";
        output.WriteLine($"{what} (attempt {Text(answer.Attempt)}, {(call.Durable ? "" : "last ")}checkpoint {(answer.CheckpointId == 0 ? "none" : Text(answer.CheckpointId))})");
    }

    public void Details(JobDetails details, IReadOnlyList<CheckpointInfo> checkpoints, IReadOnlyList<FailureInfo> failures)
    {
        if (json)
        {
            Json(details, ServiceJson.Default.JobDetails);
            return;
        }

        Job(details.Job);
        Table operators = NewTable("operator", "uid", "subtasks", "records in", "records out", "late", "bad", "busy", "blocked", "watermark");
        foreach (OperatorInfo o in details.Operators)
        {
            Row(
                operators, o.Name, o.Uid, Text(o.Parallelism), Text(o.RecordsIn), Text(o.RecordsOut), Text(o.LateDropped), Text(o.BadRecords), Share(o.BusyShare), Share(o.BlockedShare),
                o.WatermarkMs is null ? "" : o.WatermarkMs == long.MaxValue ? "end" : Text(Instant(o.WatermarkMs.Value)));
        }

        Write(operators);
        foreach (OperatorInfo o in details.Operators.Where(o => o.HotKeys is not null))
        {
            output.WriteLine($"{o.Name}: hot keys {string.Join(", ", o.HotKeys!.Select(k => $"{k.Key} ({Share(k.Share)})"))}");
        }

        if (checkpoints.Count > 0)
        {
            Table table = NewTable("checkpoint", "kind", "state", "started", "took", "path or reason");
            foreach (CheckpointInfo c in checkpoints.Take(ShownRows))
            {
                Row(
                    table, Text(c.Id), Word(c.Kind), Word(c.State), Text(c.StartedAt), c.EndedAt is { } ended ? $"{(ended - c.StartedAt).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms" : "",
                    c.Path ?? c.Reason ?? "");
            }

            Write(table);
        }

        foreach (FailureInfo f in failures.Take(ShownRows))
        {
            output.WriteLine($"{Text(f.At)} attempt {f.Attempt} failed: {f.Type}: {f.Message}");
        }
    }

    private void Json<T>(T value, JsonTypeInfo<T> type) => output.WriteLine(JsonSerializer.Serialize(value, type));

    private static Table NewTable(params string[] columns)
    {
        Table table = new() { Border = TableBorder.None };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        }

        return table;
    }

    private static void Row(Table table, params string[] cells) => table.AddRow([.. cells.Select(c => new Text(c))]);

    // In a pipe nothing is cut off.
    private void Write(Table table)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No });
        if (Console.IsOutputRedirected || console.Profile.Width < NarrowWidth)
        {
            console.Profile.Width = NarrowWidth * 2;
        }

        console.Write(table);
    }

    private static string Word<TEnum>(TEnum value) where TEnum : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(DateTimeOffset value) => value.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Share(double value) => value.ToString("0%", CultureInfo.InvariantCulture);

    private static DateTimeOffset Instant(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
