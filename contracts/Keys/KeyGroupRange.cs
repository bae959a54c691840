namespace OrleansStream.Keys;

/// <summary>Key groups that follow each other: those that one subtask owns.</summary>
/// <param name="First">The first group.</param>
/// <param name="Last">The last group, inclusive.</param>
public readonly record struct KeyGroupRange(int First, int Last)
{
    /// <summary>How many groups there are.</summary>
    public int Count => Last - First + 1;

    /// <summary>Whether a group is one of them.</summary>
    public bool Contains(int group) => group >= First && group <= Last;

    /// <inheritdoc/>
    public override string ToString() => $"{First}..{Last}";
}
