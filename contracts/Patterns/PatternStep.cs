namespace OrleansStream;

/// <summary>A step of a pattern, or a group of them.</summary>
internal sealed record PatternStep<T>(PatternLink Link, string Name, Pattern<T>? Group)
{
    /// <summary>What an event must fulfil; null for any event.</summary>
    public PatternCondition<T>? Condition { get; init; }

    /// <summary>How often at least; at least 1.</summary>
    public int Least { get; init; } = 1;

    /// <summary>How often at most; null for endlessly.</summary>
    public int? Most { get; init; } = 1;

    /// <summary>Whether the author said how often.</summary>
    public bool IsRepeated { get; init; }

    public PatternRepetition Repetition { get; init; }

    public bool IsGreedy { get; init; }

    public bool IsOptional { get; init; }

    /// <summary>What ends the repetitions; null if nothing does.</summary>
    public PatternCondition<T>? Until { get; init; }

    /// <summary>The time allowed since the previous event; null for any.</summary>
    public long? WithinPreviousMs { get; init; }

    public bool IsNot => Link is PatternLink.NotNext or PatternLink.NotFollowedBy;

    public bool IsEndless => Most is null;

    /// <summary>For messages.</summary>
    public string Title => Group is null ? $"step '{Name}'" : $"the group that begins with '{Group.Steps[0].DeepName}'";

    /// <summary>The name of the first step in it.</summary>
    public string DeepName => Group is null ? Name : Group.Steps[0].DeepName;

    public static PatternStep<T> Named(PatternLink link, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new PatternStep<T>(link, name, null);
    }

    public static PatternStep<T> Of(PatternLink link, Pattern<T> group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return group.WithinMs is null
            ? new PatternStep<T>(link, "", group)
            : throw new JobDefinitionException($"The group of steps that begins with '{group.Steps[0].DeepName}' has a Within of its own. Give it to the whole pattern.");
    }

    /// <summary>The step as the plan hash and a snapshot see it; conditions are code and do not show.</summary>
    public override string ToString()
    {
        string times = IsRepeated ? $" x{Least}..{Most?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""} {Repetition}" : "";
        string flags = (IsGreedy ? " greedy" : "") + (IsOptional ? " optional" : "") + (Until is null ? "" : " until");
        string time = WithinPreviousMs is { } ms ? $" within {ms} ms of the previous event" : "";
        return $"{Link} {(Group is null ? Name : $"({Group})")}{times}{flags}{time}";
    }
}
