namespace OrleansStream.Service;

/// <summary>Why a request was refused. The names are part of REST: <c>job-not-found</c> in a problem's <c>code</c>.</summary>
public enum JobServiceError
{
    /// <summary>The request is wrong as it stands; the message lists what.</summary>
    InvalidRequest,

    /// <summary>There is no such job, or it ended so long ago that it is forgotten.</summary>
    JobNotFound,

    /// <summary>There is no such package.</summary>
    PackageNotFound,

    /// <summary>The package is no zip, is unsafe, or has no such job.</summary>
    InvalidPackage,

    /// <summary>The job has ended, so that what was asked cannot be done.</summary>
    JobEnded,

    /// <summary>It collides with what is there: a job of that name that has not ended, an id that was used for something else, a package in use.</summary>
    Conflict,

    /// <summary>The job starts, restarts or stops just now. The same request may succeed later.</summary>
    NotReady,

    /// <summary>The savepoint could not be taken; the message says why.</summary>
    SavepointFailed,

    /// <summary>The operator has no such key or state, or takes no such message; the message says what there is.</summary>
    KeyRefused,

    /// <summary>The request is larger than the service takes.</summary>
    TooLarge,

    /// <summary>The service has as many jobs or packages as it may.</summary>
    TooMany,

    /// <summary>The request has no token, or a wrong one.</summary>
    Unauthorized,

    /// <summary>The token does not allow this; an upload needs the admin token.</summary>
    Forbidden,

    /// <summary>The service cannot be reached, or is not ready. The same request may succeed later.</summary>
    Unavailable,

    /// <summary>A fault of the service. Please report it.</summary>
    Internal,
}
