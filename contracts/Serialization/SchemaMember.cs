namespace OrleansStream.Serialization;

/// <summary>A member of an object in a <see cref="TypeSchema"/>.</summary>
/// <param name="Name">The name of the property or field.</param>
/// <param name="Schema">The schema of its values.</param>
public sealed record SchemaMember(string Name, TypeSchema Schema);
