namespace OrleansStream.Engine.Jobs;

/// <summary>How a job ended.</summary>
/// <param name="State">Finished, stopped, cancelled or failed.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
/// <param name="LastCheckpoint">The last checkpoint that completed; null for none.</param>
/// <param name="Restarts">How often it was started again.</param>
public sealed record JobOutcome(JobState State, Exception? Error, long? LastCheckpoint, int Restarts);
