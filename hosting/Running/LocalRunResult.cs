using OrleansStream.Engine.Jobs;

namespace OrleansStream.Hosting;

/// <summary>How a <see cref="LocalRun"/> ended.</summary>
/// <param name="Outcome">How the job ended; null if it was never started.</param>
/// <param name="Status">The job's last status; null if it was never started.</param>
/// <param name="StopCheckpoint">The final checkpoint of a job that was stopped; null otherwise.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Error">Why it failed or was refused; null otherwise.</param>
public sealed record LocalRunResult(JobOutcome? Outcome, JobStatus? Status, string? StopCheckpoint, TimeSpan Elapsed, Exception? Error)
{
    /// <summary>For a process: 0 done, 1 the job failed or was cancelled, 2 wrong use.</summary>
    public int ExitCode =>
        Error is OptionsException ? 2
        : Error is null && Outcome?.State is JobState.Finished or JobState.Stopped ? 0
        : 1;

    /// <summary>Says in a line or two how it ended, for people: the reason of a failure, or how to go on.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="job">The job's name.</param>
    public void WriteEnd(TextWriter output, string job)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.WriteLine(Error switch
        {
            OptionsException => Error.Message,
            not null => $"job '{job}' failed: {Error.Message}",
            null => Outcome!.State switch
            {
                JobState.Stopped => $"job '{job}' was stopped with checkpoint {StopCheckpoint}; --resume goes on from it",
                JobState.Cancelled => $"job '{job}' was cancelled",
                JobState state => $"job '{job}': {state.ToString().ToLowerInvariant()} after {Elapsed.TotalSeconds:0.0} s",
            },
        });
    }
}
