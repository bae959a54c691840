using System.Collections.Immutable;
using OrleansStream.Serialization;
using static OrleansStream.Engine.Tests.Serialization.Shapes;

namespace OrleansStream.Engine.Tests.Serialization;

public class CorruptDataTests
{
    private static readonly SerializerRegistry Registry = SerializerRegistry.CreateDefault();

    [Fact]
    public void Damaged_bytes_are_read_as_something_or_refused()
    {
        Attack(new Order(1, "c", [new("x", 1.5m, 1), new("y", 2, 3)], Colour.Green) { Paid = DateTimeOffset.UnixEpoch });
        Attack(new Basket { Counts = { ["a"] = 1, ["b"] = 2 } });
        Attack(new Node { Next = new(), Children = { new(), new() } });
        Attack(new Tree(1, [new Tree(2, [])]));
        Attack<(DateTime, DateOnly, TimeOnly, Version, Uri, decimal?, bool)>((DateTime.MaxValue, default, default, new(1, 2), new("http://a"), 1, true));
        Attack(ImmutableSortedDictionary.Create<string, int>().Add("a", 1).Add("b", 2));
        Attack(new SortedList<int, HashSet<string>> { [1] = ["a", "b"] });
        Attack(new[] { "a", null, "\uD800" });
        Attack(new Guarded(5));
        Attack(new Guid[3]);
    }

    [Fact]
    public void Damaged_schemas_are_read_as_something_or_refused()
    {
        var writer = new DataWriter();
        Registry.Get<Order>().Schema.Write(writer);
        Attack(writer.ToArray(), r => TypeSchema.Read(r).ToString());
        writer.Clear();
        Registry.Get<Node>().Schema.Write(writer);
        Attack(writer.ToArray(), r => TypeSchema.Read(r).ToString());
    }

    [Fact]
    public void Damaged_bytes_do_not_break_reading_over_removed_members()
    {
        TypeSerializer<V2.Node> serializer = Registry.Reader<V2.Node>(Registry.Get<V1.Node>().Schema);
        Attack(Codec.Write(new V1.Node { Old = new() { Children = [new()] }, Children = [new()] }), r => serializer.Read(r));
    }

    [Fact]
    public void Truncated_data_names_offset_and_wanted_bytes()
    {
        var reader = new DataReader([1, 2, 3, 4, 5, 6], 1, 5);
        reader.ReadByte();
        string message = Assert.Throws<SerializationException>(() => reader.ReadInt64()).Message;
        Assert.Contains("8 bytes wanted at offset 1, 4 of 5 are left", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hostile_length_allocates_nothing()
    {
        var writer = new DataWriter();
        writer.WriteVarUInt32(int.MaxValue);
        writer.WriteInt64(0);
        byte[] bytes = writer.ToArray();
        _ = (Registry.Get<byte[]>(), Registry.Get<List<Point>>(), Registry.Get<Dictionary<int, int>>(), Registry.Get<ImmutableArray<Line>>());
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<SerializationException>(() => Registry.Get<byte[]>().Read(new DataReader(bytes)));
        Assert.Throws<SerializationException>(() => Registry.Get<List<Point>>().Read(new DataReader(bytes)));
        Assert.Throws<SerializationException>(() => Registry.Get<Dictionary<int, int>>().Read(new DataReader(bytes)));
        Assert.Throws<SerializationException>(() => Registry.Get<string>().Read(new DataReader(bytes)));
        Assert.Throws<SerializationException>(() => Registry.Get<ImmutableArray<Line>>().Read(new DataReader(bytes)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void A_hostile_nesting_ends_in_an_error()
    {
        // A node with one child with one child …: present, value, no next, list of one.
        byte[] bytes = [.. Enumerable.Repeat<byte[]>([1, 0, 0, 0, 0, 0, 2], 100_000).SelectMany(b => b)];
        Assert.Contains("levels deep", Assert.Throws<SerializationException>(() => Registry.Get<Node>().Read(new DataReader(bytes))).Message, StringComparison.Ordinal);
        Assert.Throws<SerializationException>(() => TypeSchema.Read(new DataReader([1, .. Enumerable.Repeat<byte[]>([4, 1], 100_000).SelectMany(b => b)])));
    }

    [Fact]
    public void An_unknown_schema_version_is_refused() =>
        Assert.Contains("version 9", Assert.Throws<SerializationException>(() => TypeSchema.Read(new DataReader([9, 1]))).Message, StringComparison.Ordinal);

    private static void Attack<T>(T value)
    {
        TypeSerializer<T> serializer = Registry.Get<T>();
        Attack(Codec.Write(value, Registry), r => serializer.Read(r));
    }

    private static void Attack(byte[] bytes, Action<DataReader> read)
    {
        for (int length = 0; length < bytes.Length; length++)
        {
            var truncated = new DataReader(bytes, 0, length);
            Assert.Throws<SerializationException>(() => read(truncated));
        }

        var random = new Random(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. bytes];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                read(new DataReader(damaged));
            }
            catch (SerializationException)
            {
            }
        }
    }

    public sealed record Guarded(int Value)
    {
        public int Value { get; } = Value is >= 0 and < 10 ? Value : throw new ArgumentOutOfRangeException(nameof(Value));
    }
}
