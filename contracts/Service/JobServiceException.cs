namespace OrleansStream.Service;

/// <summary>A job service refused a request, or could not be reached.</summary>
public sealed class JobServiceException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">Why.</param>
    /// <param name="message">What is wrong, with the job, option or value, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public JobServiceException(JobServiceError code, string message, Exception? inner = null) : base(message, inner) => Code = code;

    /// <summary>Why.</summary>
    public JobServiceError Code { get; }

    /// <inheritdoc/>
    public override FaultOrigin Origin => Code switch
    {
        JobServiceError.Internal => FaultOrigin.Framework,
        JobServiceError.Unavailable or JobServiceError.NotReady or JobServiceError.SavepointFailed => FaultOrigin.ExternalSystem,
        JobServiceError.InvalidPackage or JobServiceError.KeyRefused => FaultOrigin.UserCode,
        _ => FaultOrigin.Configuration,
    };

    /// <inheritdoc/>
    public override bool CanRetry => Code is JobServiceError.Unavailable or JobServiceError.NotReady;
}
