namespace OrleansStream;

/// <summary>The place of an enumerator or reader.</summary>
public abstract class SourceContext
{
    /// <summary>The name of the operator.</summary>
    public abstract string OperatorName { get; }

    /// <summary>The number of the subtask, from 0.</summary>
    public abstract int Subtask { get; }

    /// <summary>How many readers the source has.</summary>
    public abstract int Parallelism { get; }

    /// <summary>For an enumerator: the ids of the splits that the checkpoint holds from which the attempt starts; their positions are in it. Empty for a reader.</summary>
    public virtual IReadOnlyCollection<string> KnownSplits => [];

    /// <summary>The services of the host.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>The host's clock in milliseconds since the Unix epoch; virtual in tests.</summary>
    public abstract long ProcessingTime { get; }

    /// <summary>Makes the subtask poll again soon. May be called from any thread.</summary>
    public abstract void Wake();

    /// <summary>Makes the subtask poll again at a time of the host's clock. Called on the subtask's thread.</summary>
    /// <param name="processingTime">Milliseconds since the Unix epoch.</param>
    public abstract void WakeAt(long processingTime);
}
