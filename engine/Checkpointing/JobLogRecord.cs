namespace OrleansStream.Engine.Checkpointing;

/// <summary>The content of one file of the job log.</summary>
/// <param name="Job">The job's name, so that two jobs whose folders coincide do not read each other.</param>
/// <param name="Sequence">The entry's number, so that a copied file is noticed.</param>
/// <param name="Entry">The fact.</param>
/// <param name="State">The state of the job after this entry; in every 1,000th.</param>
internal sealed record JobLogRecord(string Job, long Sequence, JobLogEntry Entry, JobLogState? State);
