namespace OrleansStream;

/// <summary>The events of a match, or of a partial one that timed out, by step. An immutable record that may be kept and emitted.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
/// <param name="Steps">The steps that have events, in the order in which they were first matched.</param>
public sealed record PatternMatch<T>(IReadOnlyList<MatchedStep<T>> Steps)
{
    /// <summary>The events of a step in the order in which they were matched; empty if it was left out or, in a partial match, not reached.</summary>
    /// <param name="step">The name of a step.</param>
    public IReadOnlyList<T> this[string step]
    {
        get
        {
            for (int i = 0; i < Steps.Count; i++)
            {
                if (Steps[i].Name == step)
                {
                    return Steps[i].Events;
                }
            }

            return [];
        }
    }

    /// <summary>Whether a step has an event.</summary>
    /// <param name="step">The name of a step.</param>
    public bool Has(string step) => this[step].Count > 0;

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Steps.Select(step => $"{step.Name}: {string.Join(' ', step.Events)}"));
}

/// <summary>A step of a match.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
/// <param name="Name">The name of the step.</param>
/// <param name="Events">Its events in the order in which they were matched, at least one.</param>
public sealed record MatchedStep<T>(string Name, IReadOnlyList<T> Events);
