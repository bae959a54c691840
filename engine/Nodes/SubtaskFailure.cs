namespace OrleansStream.Engine.Nodes;

/// <summary>Why a subtask failed, as data. Inside one process the exception itself goes along, so that the job's caller sees what was thrown.</summary>
/// <param name="Type">The exception's type, for people.</param>
/// <param name="Message">Its message.</param>
/// <param name="Origin">Whose fault it is.</param>
/// <param name="CanRetry">Whether a restart may help.</param>
/// <param name="Local">The exception, inside one process only; a transport between processes leaves it out.</param>
public sealed record SubtaskFailure(string Type, string Message, FaultOrigin Origin, bool CanRetry, Exception? Local)
{
    /// <summary>Describes an exception.</summary>
    /// <param name="error">What was thrown.</param>
    public static SubtaskFailure Of(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new SubtaskFailure(
            error.GetType().Name, error.Message, (error as StreamException)?.Origin ?? FaultOrigin.UserCode, error is not StreamException { CanRetry: false }, error);
    }

    internal Exception ToException() => Local ?? new RemoteSubtaskException(this);
}

/// <summary>A subtask on another node failed.</summary>
public sealed class RemoteSubtaskException : StreamException
{
    private readonly SubtaskFailure _failure;

    /// <summary>Creates the exception.</summary>
    /// <param name="failure">What the node said.</param>
    public RemoteSubtaskException(SubtaskFailure failure) : base($"{failure?.Type}: {failure?.Message}")
    {
        ArgumentNullException.ThrowIfNull(failure);
        _failure = failure;
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => _failure.Origin;

    /// <inheritdoc/>
    public override bool CanRetry => _failure.CanRetry;
}

/// <summary>A node that ran subtasks is gone, does not answer, or has lost them. A restart on the others helps.</summary>
public sealed class NodeLostException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which node, and how that was noticed.</param>
    public NodeLostException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.ExternalSystem;

    /// <inheritdoc/>
    public override bool CanRetry => true;
}
