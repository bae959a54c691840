using System.Collections.Immutable;

namespace OrleansStream.Serialization;

/// <summary>Builds the schema tree of a serializer; a type inside itself becomes a reference to the enclosing one.</summary>
internal sealed class SchemaBuilder
{
    private const int MostNodes = 100_000;

    private readonly List<TypeSerializer> _openObjects = [];
    private int _nodes;

    internal TypeSchema Build(TypeSerializer serializer)
    {
        int open = _openObjects.LastIndexOf(serializer);
        if (open >= 0)
        {
            return new TypeSchema(SchemaKind.Recursion, TypeNames.Full(serializer.Type)) { Level = _openObjects.Count - 1 - open };
        }

        if (++_nodes > MostNodes)
        {
            throw new SerializationException(
                $"The schema of {TypeNames.Of(_openObjects[0].Type)} has more than {MostNodes} parts, since its types refer to each other in too many ways. "
                + "Register a serializer for one of them.");
        }

        return serializer.BuildSchema(this);
    }

    internal TypeSchema BuildObject(TypeSerializer serializer, bool isReference, IEnumerable<(string Name, TypeSerializer Serializer)> members)
    {
        _openObjects.Add(serializer);
        ImmutableArray<SchemaMember> built = [.. members.Select(m => new SchemaMember(m.Name, Build(m.Serializer)))];
        _openObjects.RemoveAt(_openObjects.Count - 1);
        return new TypeSchema(SchemaKind.Object, TypeNames.Full(serializer.Type)) { IsReference = isReference, Members = built };
    }
}
