using System.Runtime.ExceptionServices;

namespace OrleansStream.TestKit;

/// <summary>The answer to a request for a checkpoint or savepoint; it comes while the cluster is run.</summary>
public sealed class SeededAnswer
{
    private string? _path;

    /// <summary>Whether the answer has come.</summary>
    public bool IsThere => _path is not null || Error is not null;

    /// <summary>Why it failed; null if it did not, or not yet.</summary>
    public Exception? Error { get; private set; }

    /// <summary>The path of the metadata.</summary>
    /// <exception cref="Exception">The request failed, with this.</exception>
    /// <exception cref="InvalidOperationException">The answer has not come.</exception>
    public string Path
    {
        get
        {
            if (Error is not null)
            {
                ExceptionDispatchInfo.Throw(Error);
            }

            return _path ?? throw new InvalidOperationException("The answer has not come yet: run the cluster.");
        }
    }

    internal void Set(string? path, Exception? error)
    {
        if (IsThere)
        {
            throw new InvariantViolatedException("A request was answered twice.");
        }

        _path = path;
        Error = error;
    }
}
