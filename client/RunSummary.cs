using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Client;

/// <summary>How a run ended, as a line of JSON for machines. The names are part of the command's contract.</summary>
/// <param name="Job">The job's name.</param>
/// <param name="State"><c>finished</c>, <c>stopped</c>, <c>cancelled</c>, <c>failed</c>, or <c>refused</c> if it was never started.</param>
/// <param name="ExitCode">0 done, 1 failed or cancelled, 2 wrong use.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Attempt">The last attempt; null if there was none.</param>
/// <param name="Restarts">How often this process started it again.</param>
/// <param name="LastCheckpoint">The last checkpoint that completed in this process; null for none.</param>
/// <param name="StopCheckpoint">The final checkpoint of a job that was stopped; null otherwise.</param>
/// <param name="Error">Why it failed or was refused; null otherwise.</param>
/// <param name="Operators">What its operators counted in the last attempt.</param>
public sealed record RunSummary(
    string Job, string State, int ExitCode, double Seconds, int? Attempt, int Restarts, long? LastCheckpoint, string? StopCheckpoint, string? Error,
    IReadOnlyList<OperatorSummary> Operators)
{
    /// <summary>Sums up a run.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="result">How it ended.</param>
    public static RunSummary Of(string job, LocalRunResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new RunSummary(
            job, result.Outcome?.State.ToString().ToLowerInvariant() ?? "refused", result.ExitCode, Math.Round(result.Elapsed.TotalSeconds, 3),
            result.Status?.Attempt is > 0 and int attempt ? attempt : null, result.Outcome?.Restarts ?? 0, result.Outcome?.LastCheckpoint, result.StopCheckpoint,
            result.Error?.Message, [.. (result.Status?.Operators ?? []).Select(o => new OperatorSummary(o.Name, o.Uid, o.RecordsIn, o.RecordsOut, o.LateDropped, o.BadRecords))]);
    }

    /// <summary>The line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RunSummaryJson.Default.RunSummary);
}

/// <summary>What an operator counted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="RecordsIn">Records taken.</param>
/// <param name="RecordsOut">Records emitted.</param>
/// <param name="LateDropped">Late records dropped.</param>
/// <param name="BadRecords">Input that could not be read and was left out.</param>
public sealed record OperatorSummary(string Name, string Uid, long RecordsIn, long RecordsOut, long LateDropped, long BadRecords);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunSummary))]
internal sealed partial class RunSummaryJson : JsonSerializerContext;
