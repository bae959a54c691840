namespace OrleansStream.Silo;

/// <summary>One option of a silo as people write it; <see cref="SiloOptionCatalog"/> lists all.</summary>
public sealed class SiloOption
{
    private static readonly string[] s_secrets = ["token", "connection-string", "password"];

    internal SiloOption(string key, string type, string defaultText, string description, Func<SiloSettings, string, SiloSettings> apply)
    {
        Key = key;
        Type = type;
        Default = defaultText;
        Description = description;
        Apply = apply;
    }

    /// <summary>The dotted key: <c>--rest.max-body</c>, <c>OSILO_REST__MAX_BODY</c>, <c>"rest.max-body"</c> in the file.</summary>
    public string Key { get; }

    /// <summary>What kind of value it takes: <c>duration</c>, <c>size</c>, <c>number</c>, <c>text</c>, or the words to choose from.</summary>
    public string Type { get; }

    /// <summary>What holds where it is not given.</summary>
    public string Default { get; }

    /// <summary>What it does, in a line.</summary>
    public string Description { get; }

    /// <summary>Whether its value is not to be shown.</summary>
    public bool IsSecret => s_secrets.Any(s => Key.EndsWith(s, StringComparison.Ordinal));

    /// <summary>The name of the environment variable.</summary>
    public string Variable => SiloSettingsReader.EnvironmentPrefix + Key.Replace(".", "__", StringComparison.Ordinal).Replace('-', '_').ToUpperInvariant();

    /// <summary>Sets the option; a value that cannot be read is a <see cref="FormatException"/> whose message is the rule.</summary>
    internal Func<SiloSettings, string, SiloSettings> Apply { get; }

    /// <inheritdoc/>
    public override string ToString() => Key;
}
