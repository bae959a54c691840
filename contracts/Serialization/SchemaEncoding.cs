using System.Collections.Immutable;

namespace OrleansStream.Serialization;

/// <summary>The bytes of a schema: one byte of version, then the nodes in pre-order. Frozen by tests.</summary>
internal static class SchemaEncoding
{
    private const byte Version = 1;

    internal static void Write(DataWriter writer, TypeSchema schema)
    {
        writer.WriteByte(Version);
        WriteNode(writer, schema);
    }

    internal static TypeSchema Read(DataReader reader)
    {
        byte version = reader.ReadByte();
        if (version != Version)
        {
            throw new SerializationException(
                $"A schema has the encoding version {version}; this version of OrleansStream reads {Version}. Use the version that wrote it, or a newer one.");
        }

        return ReadNode(reader, enclosingObjects: 0);
    }

    private static void WriteNode(DataWriter writer, TypeSchema schema)
    {
        writer.WriteByte((byte)schema.Kind);
        writer.WriteString(schema.TypeName);
        switch (schema.Kind)
        {
            case SchemaKind.Enum:
                writer.WriteString(schema.UnderlyingType);
                writer.WriteVarUInt32((uint)schema.EnumNames.Length);
                foreach ((string name, long value) in schema.EnumNames)
                {
                    writer.WriteString(name);
                    writer.WriteVarInt64(value);
                }

                break;
            case SchemaKind.Object:
                writer.WriteBoolean(schema.IsReference);
                writer.WriteVarUInt32((uint)schema.Members.Length);
                foreach (SchemaMember member in schema.Members)
                {
                    writer.WriteString(member.Name);
                    WriteNode(writer, member.Schema);
                }

                break;
            case SchemaKind.Recursion:
                writer.WriteVarUInt32((uint)schema.Level);
                break;
            case SchemaKind.Custom:
                writer.WriteVarInt32(schema.Version);
                break;
        }

        foreach (TypeSchema element in schema.Elements)
        {
            WriteNode(writer, element);
        }
    }

    private static TypeSchema ReadNode(DataReader reader, int enclosingObjects)
    {
        var kind = (SchemaKind)reader.ReadByte();
        string name = Text(reader);
        reader.Enter(null);
        TypeSchema schema;
        switch (kind)
        {
            case SchemaKind.Primitive:
                schema = new TypeSchema(kind, name);
                break;
            case SchemaKind.Nullable or SchemaKind.Sequence or SchemaKind.Set:
                schema = new TypeSchema(kind, name) { Elements = [ReadNode(reader, enclosingObjects)] };
                break;
            case SchemaKind.Map:
                TypeSchema key = ReadNode(reader, enclosingObjects);
                schema = new TypeSchema(kind, name) { Elements = [key, ReadNode(reader, enclosingObjects)] };
                break;
            case SchemaKind.Enum:
                schema = new TypeSchema(kind, name) { UnderlyingType = Text(reader), EnumNames = EnumNames(reader) };
                break;
            case SchemaKind.Object:
                schema = new TypeSchema(kind, name) { IsReference = reader.ReadBoolean(), Members = Members(reader, enclosingObjects + 1) };
                break;
            case SchemaKind.Recursion:
                uint level = reader.ReadVarUInt32();
                if (level >= enclosingObjects)
                {
                    throw reader.Corrupt($"a recursive type lies {level} objects out of {enclosingObjects}");
                }

                schema = new TypeSchema(kind, name) { Level = (int)level };
                break;
            case SchemaKind.Custom:
                schema = new TypeSchema(kind, name) { Version = reader.ReadVarInt32() };
                break;
            default:
                throw reader.Corrupt($"{(byte)kind} is no kind of schema");
        }

        reader.Leave();
        return schema;
    }

    private static ImmutableArray<KeyValuePair<string, long>> EnumNames(DataReader reader)
    {
        int count = reader.ReadCount(2);
        var names = ImmutableArray.CreateBuilder<KeyValuePair<string, long>>(count);
        for (int i = 0; i < count; i++)
        {
            string name = Text(reader);
            names.Add(new(name, reader.ReadVarInt64()));
        }

        return names.MoveToImmutable();
    }

    private static ImmutableArray<SchemaMember> Members(DataReader reader, int enclosingObjects)
    {
        int count = reader.ReadCount(3);
        var members = ImmutableArray.CreateBuilder<SchemaMember>(count);
        for (int i = 0; i < count; i++)
        {
            string name = Text(reader);
            members.Add(new SchemaMember(name, ReadNode(reader, enclosingObjects)));
        }

        return members.MoveToImmutable();
    }

    private static string Text(DataReader reader) => reader.ReadString() ?? throw reader.Corrupt("a name in a schema is null");
}
