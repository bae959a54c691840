namespace OrleansStream.Serialization;

/// <summary>
/// What <see cref="TypeSerializer{T}"/> says without its type argument. Derive from that class; this one only groups them. Serializers
/// have no
/// state that changes: any thread may use one, several at a time.
/// </summary>
public abstract class TypeSerializer
{
    private protected TypeSerializer()
    {
    }

    /// <summary>The type of the values.</summary>
    public abstract Type Type { get; }

    /// <summary>The shape of the bytes, stored beside them, so that a later version of the job can tell whether it can read them.</summary>
    public abstract TypeSchema Schema { get; }

    /// <summary>
    /// Whether values can be shared with a running snapshot without a copy, since neither they nor what they refer to ever changes.
    /// False when in doubt.
    /// </summary>
    public virtual bool IsImmutable => false;

    /// <summary>Bytes of a value when its encoding is its memory, so that runs of values are copied as a block; else 0.</summary>
    internal virtual int FixedSize => 0;

    /// <summary>The schema inside an enclosing one, where recursive types become references.</summary>
    internal virtual TypeSchema BuildSchema(SchemaBuilder builder) => Schema;

    /// <summary>As <see cref="IsImmutable"/>, for a search that may meet the same type again.</summary>
    internal virtual bool FindImmutable(HashSet<TypeSerializer> visited) => IsImmutable;

    /// <summary>Finds all serializers that values of this one may contain.</summary>
    internal virtual IEnumerable<TypeSerializer> Parts => [];

    /// <summary>A serializer of the same type that reads values written with another schema.</summary>
    internal abstract TypeSerializer Adapt(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter);
}
