namespace OrleansStream.Engine.Checkpointing;

/// <summary>What one state of an operator is, so that a restore can check it before it reads a byte of it.</summary>
/// <param name="Name">The state's name.</param>
/// <param name="Kind">How it is shared out.</param>
/// <param name="KeyType">The key's type, for messages; null without a key.</param>
/// <param name="ValueType">The value's type, for messages.</param>
/// <param name="KeySchema">The schema that the key's serializer wrote; empty without a key.</param>
/// <param name="ValueSchema">The schema that the value's serializer wrote.</param>
public sealed record StateDescription(
    string Name, StateSectionKind Kind, string? KeyType, string? ValueType, byte[] KeySchema, byte[] ValueSchema)
{
    /// <summary>Whether two subtasks describe the same state.</summary>
    /// <param name="other">The other description.</param>
    public bool Equals(StateDescription? other) =>
        other is not null && Name == other.Name && Kind == other.Kind && KeyType == other.KeyType && ValueType == other.ValueType
        && KeySchema.AsSpan().SequenceEqual(other.KeySchema) && ValueSchema.AsSpan().SequenceEqual(other.ValueSchema);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Checksum.Of(System.Text.Encoding.UTF8.GetBytes(Name));
}
