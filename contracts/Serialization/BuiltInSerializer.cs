namespace OrleansStream.Serialization;

/// <summary>The base of our own serializers: they can be adapted to written schemas member by member.</summary>
internal abstract class BuiltInSerializer<T> : TypeSerializer<T>
{
    public sealed override TypeSerializer<T> ForSchema(TypeSchema written)
    {
        ArgumentNullException.ThrowIfNull(written);
        return (TypeSerializer<T>)SchemaAdapter.Run(this, written);
    }

    internal sealed override TypeSerializer Adapt(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter) =>
        AdaptTo(written, scope, adapter) ?? throw adapter.Unreadable(written, this);

    /// <summary>As <see cref="TypeSerializer.Adapt"/>, but null when the kinds do not fit. The schemas are known to differ.</summary>
    protected abstract TypeSerializer<T>? AdaptTo(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter);
}

/// <summary>A serializer of values without parts.</summary>
internal abstract class ScalarSerializer<T> : BuiltInSerializer<T>
{
    public override TypeSchema Schema { get; } = new(SchemaKind.Primitive, TypeNames.Full(typeof(T)));

    public sealed override bool IsImmutable => true;

    public sealed override T Copy(in T value) => value;

    protected override TypeSerializer<T>? AdaptTo(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter) =>
        written.Kind == SchemaKind.Primitive ? Widening.TryCreate(this, written.TypeName) : null;
}

/// <summary>
/// A serializer of values with parts, whose schema and immutability follow from theirs and are found on demand, as types may recurse.
/// </summary>
internal abstract class CompositeSerializer<T> : BuiltInSerializer<T>
{
    private TypeSchema? _schema;
    private int _immutable;

    public sealed override TypeSchema Schema => _schema ??= new SchemaBuilder().Build(this);

    public sealed override bool IsImmutable
    {
        get
        {
            if (_immutable == 0)
            {
                _immutable = FindImmutable([]) ? 1 : -1;
            }

            return _immutable > 0;
        }
    }

    /// <summary>Whether values cannot change, apart from what their parts allow.</summary>
    protected virtual bool IsShallowImmutable => false;

    /// <summary>Whether values cannot change, whatever their parts say.</summary>
    protected virtual bool IsDeclaredImmutable => false;

    /// <inheritdoc/>
    internal sealed override bool FindImmutable(HashSet<TypeSerializer> visited) =>
        IsDeclaredImmutable || !visited.Add(this) || (IsShallowImmutable && Parts.All(p => p.FindImmutable(visited)));

    internal abstract override TypeSchema BuildSchema(SchemaBuilder builder);
}
