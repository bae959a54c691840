namespace OrleansStream.Serialization;

/// <summary>What a node of a <see cref="TypeSchema"/> describes. The numbers are stored: never change one.</summary>
public enum SchemaKind : byte
{
    /// <summary>A value without parts that OrleansStream encodes itself, told by its type name.</summary>
    Primitive = 1,

    /// <summary>An enum: its underlying type, names and numbers.</summary>
    Enum = 2,

    /// <summary>A value type or null; one element.</summary>
    Nullable = 3,

    /// <summary>Elements in order: arrays, lists, queues, stacks; one element.</summary>
    Sequence = 4,

    /// <summary>Distinct elements; one element.</summary>
    Set = 5,

    /// <summary>Keys with values; two elements.</summary>
    Map = 6,

    /// <summary>Members by name: records, structs, classes, tuples.</summary>
    Object = 7,

    /// <summary>A type that encloses this place, <see cref="TypeSchema.Level"/> objects further out.</summary>
    Recursion = 8,

    /// <summary>An author's own serializer: a name and a version.</summary>
    Custom = 9,
}
