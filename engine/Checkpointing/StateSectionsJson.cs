using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// Sections in the metadata: those of one state that follow each other share its name, since keyed state has one per key group:
/// <c>{"operator":…,"name":…,"kind":…,"parts":[[keyGroup,offset,length,"checksum in hex"],…]}</c>.
/// </summary>
internal sealed class StateSectionsJson : JsonConverter<IReadOnlyList<StateSection>>
{
    public override IReadOnlyList<StateSection> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var sections = new List<StateSection>();
        var states = JsonElement.ParseValue(ref reader);
        try
        {
            foreach (var state in states.EnumerateArray())
            {
                var uid = state.GetProperty("operator").GetString()!;
                var name = state.GetProperty("name").GetString()!;
                var kind = Enum.Parse<StateSectionKind>(state.GetProperty("kind").GetString()!);
                foreach (var part in state.GetProperty("parts").EnumerateArray())
                {
                    var checksum = ulong.Parse(part[3].GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                    sections.Add(new(uid, name, kind, part[0].GetInt32(), part[1].GetInt64(), part[2].GetInt64(), checksum));
                }
            }
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException
            or OverflowException or IndexOutOfRangeException)
        {
            throw new JsonException("The list of state sections is malformed: " + e.Message, e);
        }

        return sections;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<StateSection> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        StateSection? open = null;
        foreach (var section in value)
        {
            if (open is null || open.Operator != section.Operator || open.Name != section.Name || open.Kind != section.Kind)
            {
                Close(writer, open);
                writer.WriteStartObject();
                writer.WriteString("operator", section.Operator);
                writer.WriteString("name", section.Name);
                writer.WriteString("kind", section.Kind.ToString());
                writer.WriteStartArray("parts");
                open = section;
            }

            writer.WriteStartArray();
            writer.WriteNumberValue(section.KeyGroup);
            writer.WriteNumberValue(section.Offset);
            writer.WriteNumberValue(section.Length);
            writer.WriteStringValue(section.Checksum.ToString("x16", CultureInfo.InvariantCulture));
            writer.WriteEndArray();
        }

        Close(writer, open);
        writer.WriteEndArray();
    }

    private static void Close(Utf8JsonWriter writer, StateSection? open)
    {
        if (open is not null)
        {
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
    }
}
