namespace OrleansStream.Serialization;

/// <summary>Reads over values of members that a type no longer has, guided by their written schema alone.</summary>
internal sealed class SchemaSkipper
{
    private readonly TypeSchema _schema;
    private readonly SchemaScope? _scope;

    /// <summary>Refuses a schema with parts whose length it cannot tell.</summary>
    internal SchemaSkipper(TypeSchema schema, SchemaScope? scope, SchemaAdapter adapter)
    {
        _schema = schema;
        _scope = scope;
        Check(schema, adapter);
    }

    internal void Skip(DataReader reader) => Skip(reader, _schema, _scope);

    private static void Check(TypeSchema schema, SchemaAdapter adapter)
    {
        if (schema.Kind == SchemaKind.Custom || (schema.Kind == SchemaKind.Primitive && FixedBytes(schema.TypeName) == 0 && !IsVariable(schema.TypeName))
            || (schema.Kind == SchemaKind.Enum && FixedBytes(schema.UnderlyingType) == 0))
        {
            throw adapter.Unreadable(schema.ToString(), "gone, and only its serializer knows how long its values are");
        }

        foreach (TypeSchema element in schema.Elements)
        {
            Check(element, adapter);
        }

        foreach (SchemaMember member in schema.Members)
        {
            Check(member.Schema, adapter);
        }
    }

    private static void Skip(DataReader reader, TypeSchema node, SchemaScope? scope)
    {
        (TypeSchema schema, scope) = SchemaScope.Resolve(node, scope);
        reader.Enter(null);
        switch (schema.Kind)
        {
            case SchemaKind.Primitive:
                SkipPrimitive(reader, schema.TypeName);
                break;
            case SchemaKind.Enum:
                reader.Skip(FixedBytes(schema.UnderlyingType));
                break;
            case SchemaKind.Nullable:
                if (reader.ReadBoolean())
                {
                    Skip(reader, schema.Elements[0], scope);
                }

                break;
            case SchemaKind.Object:
                if (!schema.IsReference || reader.ReadBoolean())
                {
                    SkipMembers(reader, schema, new SchemaScope(schema, scope));
                }

                break;
            default:
                SkipElements(reader, schema, scope);
                break;
        }

        reader.Leave();
    }

    private static void SkipMembers(DataReader reader, TypeSchema schema, SchemaScope scope)
    {
        foreach (SchemaMember member in schema.Members)
        {
            Skip(reader, member.Schema, scope);
        }

        if (schema.Members.IsEmpty && !schema.IsReference)
        {
            reader.Skip(1);
        }
    }

    private static void SkipElements(DataReader reader, TypeSchema schema, SchemaScope? scope)
    {
        int count = reader.ReadNullableCount(1);
        if (count >= 0 && schema.Kind != SchemaKind.Sequence)
        {
            reader.Skip(1);
        }

        if (schema.Kind == SchemaKind.Sequence && schema.Elements[0] is { Kind: SchemaKind.Primitive } element && FixedBytes(element.TypeName) > 0)
        {
            reader.Skip(Math.Max(count, 0) * (long)FixedBytes(element.TypeName));
            return;
        }

        for (int i = 0; i < count; i++)
        {
            foreach (TypeSchema part in schema.Elements)
            {
                Skip(reader, part, scope);
            }
        }
    }

    private static void SkipPrimitive(DataReader reader, string type)
    {
        switch (type)
        {
            case "string":
                _ = reader.ReadString();
                break;
            case "System.Uri":
                if (reader.ReadByte() != 0)
                {
                    _ = reader.ReadString();
                }

                break;
            case "System.Version":
                reader.Skip(reader.ReadBoolean() ? 16 : 0);
                break;
            default:
                reader.Skip(FixedBytes(type));
                break;
        }
    }

    private static bool IsVariable(string type) => type is "string" or "System.Uri" or "System.Version";

    private static int FixedBytes(string type) => type switch
    {
        "bool" or "sbyte" or "byte" => 1,
        "short" or "ushort" or "char" or "System.Half" => 2,
        "int" or "uint" or "float" or "System.DateOnly" => 4,
        "long" or "ulong" or "double" or "nint" or "nuint" or "System.TimeSpan" or "System.DateTime" or "System.TimeOnly" => 8,
        "System.DateTimeOffset" => 10,
        "decimal" or "System.Guid" or "System.Int128" or "System.UInt128" => 16,
        _ => 0,
    };
}
