using System.Collections.Immutable;
using System.Text;

namespace OrleansStream.Serialization;

/// <summary>
/// The shape of encoded values as a tree. It is stored with each state in a snapshot, so that a later version of a job can read the
/// values by
/// member name or say which member it cannot read. Immutable; any thread. Two are equal when all their nodes are, type names included.
/// </summary>
public sealed class TypeSchema : IEquatable<TypeSchema>
{
    private int _hash;

    internal TypeSchema(SchemaKind kind, string typeName)
    {
        Kind = kind;
        TypeName = typeName;
    }

    /// <summary>What this node describes.</summary>
    public SchemaKind Kind { get; }

    /// <summary>The C# name of the type when the values were written (of an author's serializer: the name it chose).</summary>
    public string TypeName { get; }

    /// <summary>The schemas of the elements, of a map its keys and values.</summary>
    public ImmutableArray<TypeSchema> Elements { get; internal init; } = [];

    /// <summary>The members of an object in the order of their encoding.</summary>
    public ImmutableArray<SchemaMember> Members { get; internal init; } = [];

    /// <summary>The type that an enum is stored as, e.g. <c>int</c>; else empty.</summary>
    public string UnderlyingType { get; internal init; } = "";

    /// <summary>The names of an enum with their numbers, by number and name.</summary>
    public ImmutableArray<KeyValuePair<string, long>> EnumNames { get; internal init; } = [];

    /// <summary>Whether an object can be null, so that a byte that tells precedes it.</summary>
    public bool IsReference { get; internal init; }

    /// <summary>Of a recursion: how many objects further out the type stands; 0 is the innermost one.</summary>
    public int Level { get; internal init; }

    /// <summary>The version of the encoding of an author's own serializer.</summary>
    public int Version { get; internal init; }

    /// <summary>The schema for an author's own serializer.</summary>
    /// <param name="name">A name for the encoding that stays when the class is renamed.</param>
    /// <param name="version">To be raised when the encoding changes.</param>
    public static TypeSchema Custom(string name, int version = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new TypeSchema(SchemaKind.Custom, name) { Version = version };
    }

    /// <summary>Writes the schema, with the version of its own encoding first.</summary>
    public void Write(DataWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        SchemaEncoding.Write(writer, this);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; anything else is a <see cref="SerializationException"/>.</summary>
    public static TypeSchema Read(DataReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return SchemaEncoding.Read(reader);
    }

    /// <inheritdoc/>
    public bool Equals(TypeSchema? other) => ReferenceEquals(this, other) || (other is not null
        && Hash() == other.Hash()
        && Kind == other.Kind && TypeName == other.TypeName && UnderlyingType == other.UnderlyingType && IsReference == other.IsReference
        && Level == other.Level && Version == other.Version
        && Elements.AsSpan().SequenceEqual(other.Elements.AsSpan())
        && EnumNames.AsSpan().SequenceEqual(other.EnumNames.AsSpan())
        && Members.AsSpan().SequenceEqual(other.Members.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TypeSchema);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash();

    /// <summary>As a C# author would write it: <c>Order { Id: long, Lines: Line { Price: decimal }[] }</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Append(text);
        return text.ToString();
    }

    private int Hash()
    {
        if (_hash != 0)
        {
            return _hash;
        }

        // For equality within a process only; made of what is stored, so that it needs no randomized string hash.
        ulong hash = XxHash64.Hash(Encoding.UTF8.GetBytes($"{(int)Kind}/{TypeName}/{UnderlyingType}/{IsReference}/{Level}/{Version}"));
        foreach (TypeSchema element in Elements)
        {
            hash = (hash * XxHash64.Prime1) + (uint)element.Hash();
        }

        foreach (SchemaMember member in Members)
        {
            hash = (hash * XxHash64.Prime1) + XxHash64.Hash(Encoding.UTF8.GetBytes(member.Name)) + (uint)member.Schema.Hash();
        }

        _hash = (int)(hash >> 32) | 1;
        return _hash;
    }

    private void Append(StringBuilder text)
    {
        switch (Kind)
        {
            case SchemaKind.Nullable:
                Elements[0].Append(text);
                text.Append('?');
                break;
            case SchemaKind.Sequence:
                Elements[0].Append(text);
                text.Append("[]");
                break;
            case SchemaKind.Set:
                text.Append("set<");
                Elements[0].Append(text);
                text.Append('>');
                break;
            case SchemaKind.Map:
                text.Append("map<");
                Elements[0].Append(text);
                text.Append(", ");
                Elements[1].Append(text);
                text.Append('>');
                break;
            case SchemaKind.Enum:
                text.Append("enum ").Append(TypeName).Append(" : ").Append(UnderlyingType);
                break;
            case SchemaKind.Object:
                text.Append(TypeName).Append(" { ");
                for (int i = 0; i < Members.Length; i++)
                {
                    text.Append(i == 0 ? "" : ", ").Append(Members[i].Name).Append(": ");
                    Members[i].Schema.Append(text);
                }

                text.Append(" }");
                break;
            case SchemaKind.Custom:
                text.Append("custom ").Append(TypeName).Append(" v").Append(Version);
                break;
            default:
                text.Append(TypeName);
                break;
        }
    }
}
