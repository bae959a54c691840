using System.Globalization;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Client;

/// <summary>Numbers and times as people read them.</summary>
internal static class ProgressText
{
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Rate(double perSecond) => perSecond switch
    {
        >= 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e6:0} M/s"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e6:0.0} M/s"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e3:0} k/s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0}/s"),
    };

    public static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} %");

    public static string Watermark(long milliseconds) => milliseconds switch
    {
        long.MinValue => "none",
        long.MaxValue => "end",
        _ when milliseconds >= -62135596800000 && milliseconds <= 253402300799999 =>
            DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        _ => milliseconds.ToString(CultureInfo.InvariantCulture),
    };

    public static string Checkpoint(JobStatus status, long nowMs) => status.LastCheckpoint is { } id
        ? string.Create(CultureInfo.InvariantCulture, $"checkpoint {id}, {Math.Max(0, nowMs - (status.LastCheckpointAtMs ?? nowMs)) / 1000.0:0.0} s ago")
        : "no checkpoint yet";

    /// <summary>One line for a log.</summary>
    public static string Line(JobStatus status, IReadOnlyList<OperatorProgress> operators, TimeSpan elapsed, long nowMs)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalSeconds:0.0} s, attempt {status.Attempt}, {State(status)}");
        return operators.Count == 0
            ? head
            : $"{head}, {Checkpoint(status, nowMs)} | " + string.Join(" | ", operators.Select(Operator));
    }

    public static string State(JobStatus status) => status.State.ToString().ToLowerInvariant();

    private static string Operator(OperatorProgress o)
    {
        List<string> parts = [o.Now.Name + ":"];
        if (o.Now.RecordsIn > 0)
        {
            parts.Add($"in {Count(o.Now.RecordsIn)} ({Rate(o.InPerSecond)})");
        }

        if (o.Now.RecordsOut > 0)
        {
            parts.Add($"out {Count(o.Now.RecordsOut)} ({Rate(o.OutPerSecond)})");
        }

        if (o.Now.Watermark != long.MinValue)
        {
            parts.Add($"watermark {Watermark(o.Now.Watermark)}");
        }

        if (o.Backpressure >= 0.005)
        {
            parts.Add($"backpressure {Share(o.Backpressure)}");
        }

        if (o.Now.LateDropped > 0)
        {
            parts.Add($"late {Count(o.Now.LateDropped)}");
        }

        if (o.Now.BadRecords > 0)
        {
            parts.Add($"bad {Count(o.Now.BadRecords)}");
        }

        return string.Join(' ', parts);
    }
}
