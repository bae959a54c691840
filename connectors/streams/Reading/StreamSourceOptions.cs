namespace OrleansStream.Connectors.Streams.Reading;

/// <summary>What a source was told; the methods of <see cref="OrleansStreamSource{T}"/> explain.</summary>
internal sealed record StreamSourceOptions
{
    public required string Provider { get; init; }

    public required string Namespace { get; init; }

    public required IReadOnlyList<string> Keys { get; init; }

    public int Buffer { get; init; } = 4096;

    public bool SkipMissing { get; init; }

    /// <summary>
    /// How long a subscription outlives its reader. A provider forgets a stream that nobody is subscribed to, and looks who is only at the stream's next event: with the old subscription still there, that of the next
    /// attempt gets at once what it has to read again.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The split of a stream.</summary>
    public string SplitOf(string key) => $"{Namespace}/{key}";

    /// <summary>The key of a split's stream.</summary>
    /// <exception cref="StateRestoreException">The split is of another namespace.</exception>
    public string KeyOf(string split) => split.StartsWith($"{Namespace}/", StringComparison.Ordinal)
        ? split[(Namespace.Length + 1)..]
        : throw new StateRestoreException($"The split '{split}' is no stream of the namespace '{Namespace}'. The operator read others when the checkpoint was taken: give this one a uid of its own.");
}
