using System.Collections.Immutable;
using System.Text.Json;

namespace OrleansStream.Serialization;

/// <summary>
/// Encoded values as JSON and back, guided by their schema alone, so that neither end needs the type. Members are in camel case; a map whose keys are texts or numbers is an object, else a list of keys with
/// values; bytes are base64, times ISO 8601. Pure; any thread.
/// </summary>
internal static class SchemaJson
{
    private const string MapKey = "key";
    private const string MapValue = "value";

    /// <summary>Writes an encoded value as JSON.</summary>
    /// <exception cref="SerializationException">The bytes are not of that schema, or JSON cannot hold the value.</exception>
    public static JsonElement ToJson(byte[] value, TypeSchema schema)
    {
        try
        {
            using MemoryStream stream = new();
            using (Utf8JsonWriter json = new(stream))
            {
                Write(json, new DataReader(value), schema, null);
            }

            using JsonDocument document = JsonDocument.Parse(stream.ToArray());
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or JsonException)
        {
            throw new SerializationException($"A value of {schema.TypeName} cannot be written as JSON: {e.Message}", e);
        }
    }

    /// <summary>JSON as it is shown in a message: its beginning, where it is long.</summary>
    public static string Shown(JsonElement json)
    {
        const int Longest = 100;
        string text = json.GetRawText();
        return text.Length <= Longest ? text : $"{text[..Longest]}…";
    }

    /// <summary>Encodes a value that is given as JSON.</summary>
    /// <exception cref="SerializationException">The JSON is no value of that schema; the message names the place.</exception>
    public static byte[] ToBytes(JsonElement json, TypeSchema schema)
    {
        DataWriter writer = new();
        Read(json, writer, schema, null, "");
        return writer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, DataReader reader, TypeSchema node, SchemaScope? scope)
    {
        (TypeSchema schema, scope) = SchemaScope.Resolve(node, scope);
        reader.Enter(null);
        switch (schema.Kind)
        {
            case SchemaKind.Primitive:
                JsonScalars.Write(json, reader, schema.TypeName);
                break;
            case SchemaKind.Enum:
                WriteEnum(json, reader, schema);
                break;
            case SchemaKind.Nullable when !reader.ReadBoolean():
            case SchemaKind.Object when schema.IsReference && !reader.ReadBoolean():
                json.WriteNullValue();
                break;
            case SchemaKind.Nullable:
                Write(json, reader, schema.Elements[0], scope);
                break;
            case SchemaKind.Object:
                WriteMembers(json, reader, schema, new SchemaScope(schema, scope));
                break;
            case SchemaKind.Sequence or SchemaKind.Set or SchemaKind.Map:
                WriteElements(json, reader, schema, scope);
                break;
            default:
                throw Unknown(schema);
        }

        reader.Leave();
    }

    private static void WriteEnum(Utf8JsonWriter json, DataReader reader, TypeSchema schema)
    {
        long number = JsonScalars.ReadEnum(reader, schema.UnderlyingType);
        foreach ((string name, long value) in schema.EnumNames)
        {
            if (value == number)
            {
                json.WriteStringValue(name);
                return;
            }
        }

        json.WriteRawValue(JsonScalars.EnumText(schema.UnderlyingType, number));
    }

    private static void WriteMembers(Utf8JsonWriter json, DataReader reader, TypeSchema schema, SchemaScope scope)
    {
        string[] names = NamesOf(schema);
        json.WriteStartObject();
        for (int i = 0; i < names.Length; i++)
        {
            json.WritePropertyName(names[i]);
            Write(json, reader, schema.Members[i].Schema, scope);
        }

        json.WriteEndObject();
        if (names.Length == 0 && !schema.IsReference)
        {
            reader.Skip(1);
        }
    }

    private static void WriteElements(Utf8JsonWriter json, DataReader reader, TypeSchema schema, SchemaScope? scope)
    {
        int count = reader.ReadNullableCount(1);
        if (count < 0)
        {
            json.WriteNullValue();
            return;
        }

        if (schema.Kind == SchemaKind.Sequence && IsByte(schema.Elements[0]))
        {
            json.WriteBase64StringValue(reader.ReadBytes(count));
            return;
        }

        if (schema.Kind != SchemaKind.Sequence)
        {
            reader.Skip(1); // How it compares.
        }

        if (schema.Kind == SchemaKind.Map && IsName(schema.Elements[0]))
        {
            json.WriteStartObject();
            for (int i = 0; i < count; i++)
            {
                json.WritePropertyName(JsonScalars.ReadText(reader, schema.Elements[0].TypeName));
                Write(json, reader, schema.Elements[1], scope);
            }

            json.WriteEndObject();
            return;
        }

        json.WriteStartArray();
        for (int i = 0; i < count; i++)
        {
            if (schema.Kind != SchemaKind.Map)
            {
                Write(json, reader, schema.Elements[0], scope);
                continue;
            }

            json.WriteStartObject();
            json.WritePropertyName(MapKey);
            Write(json, reader, schema.Elements[0], scope);
            json.WritePropertyName(MapValue);
            Write(json, reader, schema.Elements[1], scope);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Read(JsonElement json, DataWriter writer, TypeSchema node, SchemaScope? scope, string path)
    {
        (TypeSchema schema, scope) = SchemaScope.Resolve(node, scope);
        writer.Enter(null);
        bool isNull = json.ValueKind == JsonValueKind.Null;
        switch (schema.Kind)
        {
            case SchemaKind.Primitive:
                if (!JsonScalars.TryRead(json, writer, schema.TypeName))
                {
                    throw Wrong(json, schema, path);
                }

                break;
            case SchemaKind.Enum:
                ReadEnum(json, writer, schema, path);
                break;
            case SchemaKind.Nullable:
                writer.WriteBoolean(!isNull);
                if (!isNull)
                {
                    Read(json, writer, schema.Elements[0], scope, path);
                }

                break;
            case SchemaKind.Object when isNull && schema.IsReference:
                writer.WriteBoolean(false);
                break;
            case SchemaKind.Object:
                if (schema.IsReference)
                {
                    writer.WriteBoolean(true);
                }

                ReadMembers(json, writer, schema, new SchemaScope(schema, scope), path);
                break;
            case SchemaKind.Sequence or SchemaKind.Set or SchemaKind.Map when isNull:
                writer.WriteByte(0);
                break;
            case SchemaKind.Sequence or SchemaKind.Set:
                ReadElements(json, writer, schema, scope, path);
                break;
            case SchemaKind.Map:
                ReadMap(json, writer, schema, scope, path);
                break;
            default:
                throw Unknown(schema);
        }

        writer.Leave();
    }

    private static void ReadEnum(JsonElement json, DataWriter writer, TypeSchema schema, string path)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            string text = json.GetString()!;
            foreach ((string name, long value) in schema.EnumNames)
            {
                if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
                {
                    JsonScalars.WriteEnum(writer, schema.UnderlyingType, value);
                    return;
                }
            }
        }

        if (!JsonScalars.TryRead(json, writer, schema.UnderlyingType))
        {
            throw new SerializationException($"{At(path)}{Shown(json)} is no {schema.TypeName}. It has {string.Join(", ", schema.EnumNames.Select(n => n.Key))}.");
        }
    }

    private static void ReadMembers(JsonElement json, DataWriter writer, TypeSchema schema, SchemaScope scope, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(json, schema, path);
        }

        string[] names = NamesOf(schema);
        Dictionary<string, JsonElement> given = new(StringComparer.Ordinal);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            int i = Array.IndexOf(names, property.Name);
            string? name = i >= 0 ? names[i] : Array.Find(names, n => string.Equals(n, property.Name, StringComparison.OrdinalIgnoreCase));
            if (name is null || !given.TryAdd(name, property.Value))
            {
                throw new SerializationException(
                    $"{At(path)}{schema.TypeName} has {(name is null ? "no member" : "only one member")} '{property.Name}'; it has {(names.Length == 0 ? "none" : string.Join(", ", names))}.");
            }
        }

        for (int i = 0; i < names.Length; i++)
        {
            SchemaMember member = schema.Members[i];
            if (given.TryGetValue(names[i], out JsonElement value))
            {
                Read(value, writer, member.Schema, scope, path.Length == 0 ? names[i] : $"{path}.{names[i]}");
            }
            else if (member.Schema.Kind == SchemaKind.Nullable)
            {
                writer.WriteBoolean(false);
            }
            else
            {
                // Not null by default: code that never sees null there would fail over it.
                throw new SerializationException($"{At(path)}the member '{names[i]}' of {schema.TypeName} is missing.");
            }
        }

        if (names.Length == 0 && !schema.IsReference)
        {
            writer.WriteByte(0);
        }
    }

    private static void ReadElements(JsonElement json, DataWriter writer, TypeSchema schema, SchemaScope? scope, string path)
    {
        if (schema.Kind == SchemaKind.Sequence && IsByte(schema.Elements[0]) && json.ValueKind == JsonValueKind.String && json.TryGetBytesFromBase64(out byte[]? bytes))
        {
            writer.WriteVarUInt32((uint)bytes.Length + 1);
            writer.WriteBytes(bytes);
            return;
        }

        if (json.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(json, schema, path);
        }

        BeginElements(writer, schema, json.GetArrayLength());
        int i = 0;
        foreach (JsonElement element in json.EnumerateArray())
        {
            Read(element, writer, schema.Elements[0], scope, $"{path}[{i++}]");
        }
    }

    private static void ReadMap(JsonElement json, DataWriter writer, TypeSchema schema, SchemaScope? scope, string path)
    {
        if (json.ValueKind == JsonValueKind.Object && IsName(schema.Elements[0]))
        {
            JsonProperty[] entries = [.. json.EnumerateObject()];
            BeginElements(writer, schema, entries.Length);
            foreach (JsonProperty entry in entries)
            {
                if (!JsonScalars.TryParse(entry.Name, writer, schema.Elements[0].TypeName))
                {
                    throw new SerializationException($"{At(path)}'{entry.Name}' is no {schema.Elements[0].TypeName}.");
                }

                Read(entry.Value, writer, schema.Elements[1], scope, $"{path}[{entry.Name}]");
            }

            return;
        }

        if (json.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(json, schema, path);
        }

        BeginElements(writer, schema, json.GetArrayLength());
        int i = 0;
        foreach (JsonElement entry in json.EnumerateArray())
        {
            string place = $"{path}[{i++}]";
            if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty(MapKey, out JsonElement key) || !entry.TryGetProperty(MapValue, out JsonElement value))
            {
                throw new SerializationException($"{At(place)}an entry of {schema.TypeName} is an object with '{MapKey}' and '{MapValue}'.");
            }

            Read(key, writer, schema.Elements[0], scope, $"{place}.{MapKey}");
            Read(value, writer, schema.Elements[1], scope, $"{place}.{MapValue}");
        }
    }

    private static void BeginElements(DataWriter writer, TypeSchema schema, int count)
    {
        writer.WriteVarUInt32((uint)count + 1);
        if (schema.Kind != SchemaKind.Sequence)
        {
            writer.WriteByte(0); // Compared as usual.
        }
    }

    // Camel case, unless two members would have one name.
    private static string[] NamesOf(TypeSchema schema)
    {
        ImmutableArray<SchemaMember> members = schema.Members;
        string[] names = [.. members.Select(m => JsonNamingPolicy.CamelCase.ConvertName(m.Name))];
        return names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Length ? names : [.. members.Select(m => m.Name)];
    }

    private static bool IsByte(TypeSchema schema) => schema is { Kind: SchemaKind.Primitive, TypeName: "byte" };

    private static bool IsName(TypeSchema schema) => schema.Kind == SchemaKind.Primitive && JsonScalars.IsText(schema.TypeName);

    private static SerializationException Wrong(JsonElement json, TypeSchema schema, string path) => new($"{At(path)}{Shown(json)} is no {schema}.");

    private static SerializationException Unknown(TypeSchema schema) => new($"Values of {schema} cannot be written as JSON.");

    private static string At(string path) => path.Length == 0 ? "" : $"at {path}: ";
}
