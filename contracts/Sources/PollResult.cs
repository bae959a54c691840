namespace OrleansStream;

/// <summary>What a call of <see cref="ISourceReader{T}.Poll"/> did.</summary>
public readonly struct PollResult : IEquatable<PollResult>
{
    private PollResult(int split, bool ended)
    {
        Split = split;
        Ended = ended;
    }

    /// <summary>Nothing to read at the moment.</summary>
    public static PollResult Nothing { get; } = new(-1, false);

    /// <summary>The split of the emitted records; −1 if there was nothing.</summary>
    public int Split { get; }

    /// <summary>Whether the split has ended: it gives no record any more.</summary>
    public bool Ended { get; }

    /// <summary>The emitted records are of this split; there may be more.</summary>
    /// <param name="split">The handle of the split.</param>
    public static PollResult Read(int split) => new(split, false);

    /// <summary>The emitted records, if any, were the last of this split.</summary>
    /// <param name="split">The handle of the split.</param>
    public static PollResult End(int split) => new(split, true);

    /// <inheritdoc/>
    public bool Equals(PollResult other) => Split == other.Split && Ended == other.Ended;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PollResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Ended ? ~Split : Split;

    /// <summary>Equality.</summary>
    public static bool operator ==(PollResult left, PollResult right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(PollResult left, PollResult right) => !left.Equals(right);
}
