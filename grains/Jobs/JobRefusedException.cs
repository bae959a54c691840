namespace OrleansStream.Grains;

/// <summary>What was asked of a job cannot be done now: the name is taken, the job has ended, or it is not known.</summary>
[GenerateSerializer]
public sealed class JobRefusedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">What is wrong, with the job, and the remedy.</param>
    public JobRefusedException(JobRefusal reason, string message) : base(message) => Reason = reason;

    /// <summary>Why.</summary>
    [Id(0)]
    public JobRefusal Reason { get; }
}

/// <summary>Why something was refused.</summary>
public enum JobRefusal
{
    /// <summary>A job of that name has not ended, or the id was used for another job.</summary>
    Conflict,

    /// <summary>There is no such job.</summary>
    NotFound,

    /// <summary>The job has ended.</summary>
    Ended,

    /// <summary>The job starts, restarts or stops just now; the same may succeed later.</summary>
    NotReady,

    /// <summary>The savepoint could not be taken.</summary>
    SavepointFailed,
}
