namespace OrleansStream.Engine.Patterns;

/// <summary>The automaton of a pattern.</summary>
/// <param name="States">All states, by number.</param>
/// <param name="Start">Where each event may begin a match.</param>
/// <param name="Steps">The names of the steps, by number.</param>
/// <param name="Conditions">The conditions that guards name, by number.</param>
/// <param name="WithinMs">The time for the whole match; 0 for any.</param>
/// <param name="Description">The pattern's shape, which a snapshot belongs to.</param>
internal sealed record PatternGraph<T>(
    PatternState[] States, PatternState Start, string[] Steps, PatternTest<T>[] Conditions, long WithinMs, string Description);

/// <summary>A condition of the author's, or a guard as a whole.</summary>
/// <param name="Condition">The author's condition; null for a guard.</param>
/// <param name="Guard">What must hold together; null for a condition.</param>
/// <param name="NeedsMatch">Whether the answer depends on the partial match, not only on the event.</param>
/// <param name="Title">For messages.</param>
internal sealed record PatternTest<T>(PatternCondition<T>? Condition, PatternGuard? Guard, bool NeedsMatch, string Title);
