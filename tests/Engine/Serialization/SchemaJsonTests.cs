using System.Collections.Immutable;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Serialization;
using static OrleansStream.Engine.Tests.Serialization.Shapes;

namespace OrleansStream.Engine.Tests.Serialization;

/// <summary>Encoded values as JSON and back by their schema, as keys and messages come from people and programs without the types.</summary>
public sealed class SchemaJsonTests
{
    private static readonly JsonSerializerOptions s_fields = new() { IncludeFields = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    [Fact]
    public void Values_of_any_type_come_back_equal()
    {
        Holds<sbyte>();
        Holds<ushort>();
        Holds<int>();
        Holds<ulong>();
        Holds<float>();
        Holds<double>();
        Holds<decimal>();
        Holds<bool>();
        Holds<char>();
        Holds<Guid>();
        Holds<DateTime>();
        Holds<DateTimeOffset>();
        Holds<TimeSpan>();
        Holds<DayOfWeek>();
        Holds<Colour>();
        Holds<string?>();
        Holds<int?>();
        Holds<(int, string?, decimal?)>();
        Holds<Point?>();
        Holds<Tagged>();
        Holds<Line>();
        Holds<byte[]>();
        Holds<long[]>();
        Holds<List<string?>>();
        Holds<Dictionary<int, string?>>();
        Holds<Dictionary<Guid, List<Colour>>>();
        Holds<Dictionary<bool, int>>();
    }

    [Fact]
    public void Values_are_written_as_people_write_them()
    {
        Order order = new(7, null, [new Line("tea", 3.50m, 2)], Colour.Green) { Paid = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(1)) };
        Is("""{"colour":"Green","customer":null,"id":7,"lines":[{"count":2,"price":3.50,"product":"tea"}],"paid":"2026-03-01T12:00:00.0000000\u002B01:00"}""", order);
        Is("""{"children":[{"children":[],"value":2}],"value":1}""", new Tree(1, [new Tree(2, [])]));
        Is("""{"counts":{"a":1},"total":2}""", new Basket { Counts = { ["a"] = 1 }, Total = 2 });
        Is("""[{"key":{"x":1,"y":2},"value":"there"}]""", new Dictionary<Point, string> { [new Point(1, 2)] = "there" });
        Is("""{"5":null}""", new Dictionary<long, string?> { [5] = null });
        Is("[2,1]", new HashSet<int> { 2, 1 });
        Is("\"AQI=\"", new byte[] { 1, 2 });
        Is("\"NaN\"", double.NaN);
        Is("\"-Infinity\"", float.NegativeInfinity);
        Is("200", (Colour)200);
        Is("{}", default(Empty));
        Is("null", (Node?)null);
        Is("\"1.2.3\"", new Version(1, 2, 3));
        Is("\"a/b\"", new Uri("a/b", UriKind.Relative));
        Is("\"12:30:00.0000000\"", new TimeOnly(12, 30));
        Is("340282366920938463463374607431768211455", UInt128.MaxValue);
    }

    [Fact]
    public void What_a_program_cannot_know_may_be_given_otherwise()
    {
        Assert.Equal(5, Read<int>("\"5\""));
        Assert.Equal(5m, Read<decimal>("5e0"));
        Assert.Equal(DayOfWeek.Friday, Read<DayOfWeek>("\"friday\""));
        Assert.Equal(DayOfWeek.Friday, Read<DayOfWeek>("5"));
        Assert.Equal(new Point(1, 2), Read<Point>("""{"Y":2,"x":"1"}"""));
        Assert.Null(Read<Order>("""{"colour":"Red","customer":null,"id":1,"lines":null}""").Paid);
        Assert.Equal(new DateTime(2026, 3, 1), Read<DateTime>("\"2026-03-01\""));
    }

    [Theory]
    [InlineData("""{"x":1}""", "the member 'y' of OrleansStream.Engine.Tests.Serialization.Shapes.Point is missing")]
    [InlineData("""{"x":1,"y":2,"z":3}""", "has no member 'z'; it has x, y")]
    [InlineData("""{"x":1,"X":2,"y":2}""", "has only one member 'X'")]
    [InlineData("""{"x":1,"y":2.5}""", "at y: 2.5 is no long")]
    [InlineData("""{"x":1,"y":true}""", "at y: true is no long")]
    [InlineData("""{"x":1,"y":null}""", "at y: null is no long")]
    [InlineData("[1,2]", "[1,2] is no OrleansStream.Engine.Tests.Serialization.Shapes.Point { X: long, Y: long }")]
    [InlineData("null", "null is no")]
    public void What_is_no_value_of_the_type_is_refused_with_the_place(string json, string why) =>
        Assert.Contains(why, Assert.Throws<SerializationException>(() => Read<Point>(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_json_cannot_hold_is_refused()
    {
        Assert.Throws<SerializationException>(() => Json("\uD800"));
        Assert.Throws<SerializationException>(() => Json(Deep(200)));
        Assert.Contains("It has Red, Green", Assert.Throws<SerializationException>(() => Read<Colour>("\"blue\"")).Message, StringComparison.Ordinal);
    }

    private static Node Deep(int levels) => new() { Next = levels == 0 ? null : Deep(levels - 1) };

    private static void Is<T>(string json, T value)
    {
        JsonElement actual = Json(value);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(json), actual), $"expected {json}, is {actual.GetRawText()}");
        Assert.Equal(Codec.Write(value), Bytes<T>(json));
    }

    private static void Holds<T>() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100),
        Prop.ForAll<T>(value =>
        {
            JsonElement json;
            try
            {
                json = Json(value);
            }
            catch (SerializationException) when (HasHalfCharacters(value))
            {
                return;
            }

            Assert.Equal(value, Codec.Read<T>(Bytes<T>(json.GetRawText())));
        }));

    private static bool HasHalfCharacters<T>(T value) => JsonSerializer.Serialize(value, s_fields).Contains("\\uFFFD", StringComparison.OrdinalIgnoreCase);

    private static JsonElement Json<T>(T value) => SchemaJson.ToJson(Codec.Write(value), SchemaOf<T>());

    private static byte[] Bytes<T>(string json) => SchemaJson.ToBytes(JsonElement.Parse(json), SchemaOf<T>());

    private static T Read<T>(string json) => Codec.Read<T>(Bytes<T>(json));

    private static TypeSchema SchemaOf<T>() => SerializerRegistry.CreateDefault().Get<T>().Schema;
}
