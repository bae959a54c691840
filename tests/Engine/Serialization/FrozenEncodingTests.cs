using OrleansStream.Serialization;
using static OrleansStream.Engine.Tests.Serialization.Shapes;

namespace OrleansStream.Engine.Tests.Serialization;

/// <summary>The bytes of savepoints. Never change an expected value: add an encoding beside it.</summary>
public class FrozenEncodingTests
{
    [Fact]
    public void Encodings_are_the_frozen_ones()
    {
        Is("05000000", 5);
        Is("FEFFFFFFFFFFFFFF", -2L);
        Is("01", true);
        Is("4100", 'A');
        Is("000000000000F83F", 1.5);
        Is("96000000000000000000000000000200", 1.50m);
        Is("33221100554477668899AABBCCDDEEFF", new Guid("00112233-4455-6677-8899-aabbccddeeff"));
        Is("0500000000000040", new DateTime(5, DateTimeKind.Utc));
        Is("00D088C3100000007800", new DateTimeOffset(72_000_000_000, TimeSpan.FromHours(2)));
        Is("00", (string?)null);
        Is("01", "");
        Is("07616263", "abc");
        Is("05C3A9", "é");
        Is("0600D8", "\uD800");
        Is("00", (int?)null);
        Is("0107000000", (int?)7);
        Is("05", Colour.Green);
        Is("030100000002000000", new[] { 1, 2 });
        Is("00", (int[]?)null);
        Is("02" + "03" + "0361" + "0362", new List<string[]> { new[] { "a", "b" } });
        Is("0200036107000000", new Dictionary<string, int> { ["a"] = 7 });
        Is("0202" + "0361", new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "a" });
        Is("01000000000000000200000000000000", new Point(1, 2));
        Is("01" + "0361" + "96000000000000000000000000000200" + "03000000", new Line("a", 1.50m, 3));
        Is("00", (Line?)null);
        Is("01" + "01000000" + "00" + "01", new Node { Value = 1 });
    }

    [Fact]
    public void Schema_encoding_is_the_frozen_one()
    {
        var writer = new DataWriter();
        SerializerRegistry.CreateDefault().Get<(int, int?)[]>().Schema.Write(writer);
        Assert.Equal("01041B28696E742C20696E743F295B5D071728696E742C20696E743F290002"
            + "0B4974656D31" + "0107696E74" + "0B4974656D32" + "0309696E743F" + "0107696E74", Convert.ToHexString(writer.WrittenSpan));
    }

    private static void Is<T>(string expected, T value) => Assert.Equal(expected, Convert.ToHexString(Codec.Write(value)));
}
