namespace OrleansStream.Hosting;

/// <summary>One option of a job as people write it; <see cref="JobOptionCatalog"/> lists all.</summary>
public sealed class JobOption
{
    internal JobOption(string key, string type, string defaultText, string description, IReadOnlyList<string> properties, Func<JobOptions, string, JobOptions> apply, Func<JobOptions, string?> write)
    {
        Key = key;
        Type = type;
        Default = defaultText;
        Description = description;
        Properties = properties;
        Apply = apply;
        Write = write;
    }

    /// <summary>The dotted key: <c>--checkpointing.min-pause</c>, <c>OSTREAM_CHECKPOINTING__MIN_PAUSE</c>, <c>"OrleansStream": { "checkpointing.min-pause": … }</c>.</summary>
    public string Key { get; }

    /// <summary>A shorter name for the command line; null for none.</summary>
    public string? Alias { get; internal init; }

    /// <summary>What kind of value it takes: <c>duration</c>, <c>size</c>, <c>number</c>, <c>text</c>, <c>flag</c>, or the words to choose from.</summary>
    public string Type { get; }

    /// <summary>What holds where it is not given.</summary>
    public string Default { get; }

    /// <summary>What it does, in a line.</summary>
    public string Description { get; }

    /// <summary>Whether it may be given without a value, which means true.</summary>
    public bool IsFlag => Type == OptionText.Flag;

    /// <summary>The members of <see cref="JobOptions"/> that it sets, as paths: <c>Checkpointing.MinPause</c>.</summary>
    internal IReadOnlyList<string> Properties { get; }

    /// <summary>Sets the option; a value that cannot be read is a <see cref="FormatException"/> whose message is the rule.</summary>
    internal Func<JobOptions, string, JobOptions> Apply { get; }

    /// <summary>The option's value as text that <see cref="Apply"/> reads; null for none.</summary>
    internal Func<JobOptions, string?> Write { get; }

    /// <inheritdoc/>
    public override string ToString() => Key;
}
