namespace OrleansStream.Grains;

/// <summary>A job that this silo has, or had, subtasks of: it tells the job's grain, so that a master that is gone is missed.</summary>
/// <param name="Spec">The job.</param>
/// <param name="Attempt">The newest attempt that was deployed here.</param>
/// <param name="Master">The silo of the master that deployed it.</param>
/// <param name="IsOver">Whether that attempt has no subtasks here any more, or is being stopped.</param>
internal sealed record JobSighting(JobSpec Spec, int Attempt, string Master, bool IsOver);
