namespace OrleansStream.Engine.Nodes;

/// <summary>
/// What a job master and a task host tell each other. Plain data that could cross a process; it carries the job and the attempt, so that one of another attempt is refused.
/// </summary>
/// <param name="Job">The job.</param>
/// <param name="Attempt">The attempt that it belongs to.</param>
public abstract record ControlMessage(string Job, int Attempt);
