using OrleansStream.Keys;

namespace OrleansStream.Engine.Tests.Keys;

/// <summary>
/// The frozen hashes of keys. They were computed by an implementation of the rule in another language. Never change a line: savepoints
/// would be read by the wrong subtasks.
/// </summary>
public sealed class KeyVectors : TheoryData<string, ulong, ulong>
{
    public KeyVectors()
    {
        Add(0, 0xE220A8397B1DCDAF);
        Add(5, 0x63033B0CA389C35A);
        Add(5L, 0x63033B0CA389C35A);
        Add((byte)5, 0x63033B0CA389C35A);
        Add(-1, 0xE4D971771B652C20);
        Add((sbyte)-1, 0xE4D971771B652C20);
        Add(-1L, 0xE4D971771B652C20);
        Add(uint.MaxValue, 0x73B13BA2AFF181C0);
        Add(ulong.MaxValue, 0xE4D971771B652C20);
        Add(long.MinValue, 0x481EC0A212A9F3DB);
        Add(short.MinValue, 0x2E3B2EE7C80B725D);
        Add(true, 0x910A2DEC89025CC1);
        Add(false, 0xE220A8397B1DCDAF);
        Add('A', 0x3706970B052F16B1);
        Add(DayOfWeek.Friday, 0x63033B0CA389C35A);
        Add((int?)5, 0x63033B0CA389C35A);
        Add("", 0xEF46DB3751D8E999);
        Add("a", 0xD24EC4F1A98C6E5B);
        Add("abc", 0x44BC2CF5AD770999);
        Add("Grüße, 世界 🌍", 0x84DB1D977DB4E538);
        Add(new string('x', 1000), 0x4CB9A3B69CB700E1);
        Add(1.5, 0x49F7B96B6B5CCAF9);
        Add(1.5f, 0x49F7B96B6B5CCAF9);
        Add((Half)1.5, 0x49F7B96B6B5CCAF9);
        Add(0.0, 0x34C96ACDCADB1BBB);
        Add(-0.0, 0x34C96ACDCADB1BBB);
        Add(-0f, 0x34C96ACDCADB1BBB);
        Add(double.NaN, 0xE9ADB09FEE122AAC);
        Add(float.NaN, 0xE9ADB09FEE122AAC);
        Add(1.0m, 0x6C1CFF0459C8BB10);
        Add(1.00m, 0x6C1CFF0459C8BB10);
        Add(-12.340m, 0x8A1376163CDA675D);
        Add(0.000m, 0xAF09F71516247C32);
        Add(-0.0m, 0xAF09F71516247C32);
        Add(decimal.MaxValue, 0x9E0AD0A87998C74C);
        Add(100m, 0x1364EA10CCA3C35E);
        Add(new Guid("00112233-4455-6677-8899-aabbccddeeff"), 0x13C6635F71500F92);
        Add(new DateTime(638_000_000_000_000_000, DateTimeKind.Utc), 0x4D31B104CDE2817E);
        Add(new DateTime(638_000_000_000_000_000, DateTimeKind.Local), 0x4D31B104CDE2817E);
        Add(new DateTimeOffset(638_000_000_000_000_000, TimeSpan.FromHours(2)), 0xBE7234E787545E92);
        Add(TimeSpan.FromTicks(-7), 0xA8D154F80F8CBA5A);
        Add(DateOnly.FromDayNumber(738_000), 0x829924A74A717158);
        Add(new TimeOnly(123_456_789L), 0xCB7C2941B198004D);
        Add((Int128)5, 0x8B3542463AB94544);
        Add(new Version(1, 2, 3), 0xFDA5211A4FCEDCB7);
        Add((1, 2L), 0x9BE4EC51394C6DE7);
        Add((1L, 2L), 0x4B180FEC3EF3D4AC);
        Add(("ab", (int?)7, (int?)null, true), 0xAD75D135B3F30E16);
        Add(((string?)null, 3), 0xE8D5FA75BFD158A9);
        Add(Tuple.Create(1, "x"), 0xBA2725607E0B7542);
        Add(KeyValuePair.Create(1, -0.0), 0x5C5A146FDB2E7E06);
        Add((1, 2, 3, 4, 5, 6, 7, 8, 9), 0x04C8A53DAB992089);
        Add(new Place("DE", new Cell(3, 4)), 0x36847AE17F196E2B);
        Add(new Place("", null) { Kind = DayOfWeek.Friday }, 0xC229DC9B50C8FCDF);
        Add(new Mixed { Name = "n", Number = 2 }, 0xBE9F68630A8C96F3);
    }

    private void Add<TKey>(TKey key, ulong expected, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(key))] string text = "") =>
        Add(text, KeyHasher.For<TKey>().Hash(in key), expected);

    public sealed record Cell(long X, int Y);

    public sealed record Place(string Country, Cell? Cell)
    {
        public DayOfWeek? Kind { get; init; }
    }

    public struct Mixed
    {
        public long Number;

        public string Name { get; set; }
    }
}
