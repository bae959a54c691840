namespace OrleansStream.Serialization;

/// <summary>What <see cref="CollectionSerializer{TCollection,T}"/> has to know of a kind of collection.</summary>
/// <typeparam name="TCollection">The collection.</typeparam>
/// <typeparam name="T">Its elements, of a map its pairs.</typeparam>
internal sealed class CollectionShape<TCollection, T>
{
    internal required SchemaKind Kind { get; init; }

    /// <summary>Builds the collection of elements in the order of their enumeration and a comparer (null: the default one).</summary>
    internal required Func<T[], object?, TCollection> Build { get; init; }

    /// <summary>The comparer's byte of a set or map.</summary>
    internal Func<TCollection, byte>? ComparerCode { get; init; }

    /// <summary>The comparer of a set or map.</summary>
    internal Func<TCollection, object?>? Comparer { get; init; }

    /// <summary>Reads the comparer of a set or map.</summary>
    internal Func<DataReader, object?>? ReadComparer { get; init; }

    /// <summary>Whether the collection cannot change once built.</summary>
    internal bool IsImmutable { get; init; }

    /// <summary>Whether values have exactly the declared type: not so where that is an interface or an abstract class.</summary>
    internal bool IsExact { get; init; } = true;

    /// <summary>Tells a struct's null, the default value; of a class null is told by itself.</summary>
    internal Func<TCollection, bool>? IsDefault { get; init; }
}
