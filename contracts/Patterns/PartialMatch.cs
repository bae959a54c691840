namespace OrleansStream;

/// <summary>
/// The events that a partial match has so far, for a condition that looks back at them. Made by the framework, on the subtask's thread; valid during the call of the condition only.
/// </summary>
/// <typeparam name="T">The type of the events.</typeparam>
public abstract class PartialMatch<T>
{
    internal PartialMatch()
    {
    }

    /// <summary>The events of a step in the order in which they were matched; empty if there is none yet. The event that is being looked at is not among them.</summary>
    /// <param name="step">The name of a step of the pattern.</param>
    /// <exception cref="ArgumentException">The pattern has no such step.</exception>
    public abstract IReadOnlyList<T> this[string step] { get; }
}
