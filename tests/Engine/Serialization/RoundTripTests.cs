using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Serialization;
using static OrleansStream.Engine.Tests.Serialization.Shapes;

namespace OrleansStream.Engine.Tests.Serialization;

public class RoundTripTests
{
    [Fact]
    public void Primitives_come_back_equal()
    {
        Holds<sbyte>();
        Holds<byte>();
        Holds<short>();
        Holds<ushort>();
        Holds<int>();
        Holds<uint>();
        Holds<long>();
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
        Holds<decimal?>();
        Holds<DateTime?>();
    }

    [Fact]
    public void Composites_come_back_equal()
    {
        Holds<(long, long)>();
        Holds<(int, string?, decimal?)>();
        Holds<(byte, long, short, (char, bool), float, int, int, string?, Guid)>();
        Holds<Tuple<int, string?>>();
        Holds<Point>();
        Holds<Point?>();
        Holds<Tagged>();
        Holds<KeyValuePair<string?, int>>();
        Holds<Line>();
    }

    [Fact]
    public void Sequences_come_back_equal()
    {
        Sequence<int[], int>();
        Sequence<byte[], byte>();
        Sequence<string?[], string?>();
        Sequence<List<string?>, string?>();
        Sequence<List<Point>, Point>();
        Sequence<(int, string?)[], (int, string?)>();
        Prop.ForAll<int?[][]>(v => Codec.RoundTrip(v).Zip(v).All(p => p.First.SequenceEqual(p.Second))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Dictionaries_come_back_equal() => Prop.ForAll<Dictionary<int, string?>>(
        v => Codec.RoundTrip(v).OrderBy(p => p.Key).SequenceEqual(v.OrderBy(p => p.Key))).QuickCheckThrowOnFailure();

    [Fact]
    public void Values_of_other_kinds()
    {
        Same(Half.Pi);
        Same(new Fields { A = 1, B = -2, C = 3 });
        Same(Int128.MinValue + 3);
        Same(UInt128.MaxValue);
        Same((nint)(-5));
        Same(new DateOnly(2026, 2, 28));
        Same(new TimeOnly(23, 59, 58));
        Same(new Version(1, 2));
        Same(new Version(1, 2, 3, 4));
        Same<Version?>(null);
        Same(new Uri("https://example.org/a?b#c"));
        Same(new Uri("../up", UriKind.Relative));
        Same<Uri?>(null);
        Same("\uD800 a lone surrogate");
        Same(new string('é', 100));
        Same((Colour)77);
        Same(new Hidden(3, "x"));
        Same<Line?>(null);
        Assert.Equal(DateTimeKind.Local, Codec.RoundTrip(new DateTime(5, DateTimeKind.Local)).Kind);
        Assert.Equal(2, Codec.RoundTrip(1.00m).Scale);
        Assert.Equal(4, Codec.RoundTrip(new Counter(4)).Start);
        Assert.Single(Codec.RoundTrip(new Empty[1]));
    }

    [Fact]
    public void Collections_keep_their_elements_and_order()
    {
        int[] v = [3, 1, 2];
        Assert.Equal(v, Codec.RoundTrip<IReadOnlyList<int>>(v));
        Assert.Equal(v, Codec.RoundTrip<IEnumerable<int>>(v));
        Assert.Equal(v, Codec.RoundTrip<IList<int>>(v));
        Assert.Equal(v, Codec.RoundTrip<ICollection<int>>(v));
        Assert.Equal(v, Codec.RoundTrip<IReadOnlyCollection<int>>(v));
        Assert.Equal(v, Codec.RoundTrip(new Queue<int>(v)));
        Assert.Equal(new Stack<int>(v), Codec.RoundTrip(new Stack<int>(v)));
        Assert.Equal(v, Codec.RoundTrip(new LinkedList<int>(v)));
        Assert.Equal(v, Codec.RoundTrip(new ReadOnlyCollection<int>(v)));
        Assert.Equal(v, Codec.RoundTrip(ImmutableArray.Create(v)));
        Assert.True(Codec.RoundTrip(default(ImmutableArray<int>)).IsDefault);
        Assert.Equal(v, Codec.RoundTrip(ImmutableList.Create(v)));
        Assert.Equal(v, Codec.RoundTrip<IImmutableList<int>>(ImmutableList.Create(v)));
        Assert.Equal(v, Codec.RoundTrip(ImmutableQueue.Create(v)));
        Assert.Equal(ImmutableStack.Create(v), Codec.RoundTrip(ImmutableStack.Create(v)));
        Assert.True(Codec.RoundTrip(new SortedSet<int>(v)).SequenceEqual(v.Order()));
        Assert.True(Codec.RoundTrip(ImmutableSortedSet.Create(v)).SequenceEqual(v.Order()));
        Assert.True(Codec.RoundTrip(new HashSet<int>(v)).SetEquals(v));
        Assert.True(Codec.RoundTrip<ISet<int>>(new HashSet<int>(v)).SetEquals(v));
        Assert.True(Codec.RoundTrip<IReadOnlySet<int>>(new HashSet<int>(v)).SetEquals(v));
        Assert.True(Codec.RoundTrip(ImmutableHashSet.Create(v)).SetEquals(v));
        Assert.True(Codec.RoundTrip(v.ToFrozenSet()).SetEquals(v));
        Assert.Null(Codec.RoundTrip<List<int>?>(null));
        Assert.Null(Codec.RoundTrip<HashSet<int>?>(null));
        Assert.Null(Codec.RoundTrip<Dictionary<int, int>?>(null));
    }

    [Fact]
    public void Maps_keep_their_entries_and_comparers()
    {
        Dictionary<string, int> v = new(StringComparer.OrdinalIgnoreCase) { ["a"] = 1, ["B"] = 2 };
        Assert.Equal(2, Codec.RoundTrip(v)["b"]);
        Assert.Equal(2, Codec.RoundTrip<IReadOnlyDictionary<string, int>>(v)["b"]);
        Assert.Equal(2, Codec.RoundTrip<IDictionary<string, int>>(v)["b"]);
        Assert.Equal(2, Codec.RoundTrip(new SortedDictionary<string, int>(v, StringComparer.OrdinalIgnoreCase))["b"]);
        Assert.Equal(2, Codec.RoundTrip(new SortedList<string, int>(v, StringComparer.OrdinalIgnoreCase))["b"]);
        Assert.Equal(2, Codec.RoundTrip(v.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase))["b"]);
        Assert.Equal(2, Codec.RoundTrip(v.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase))["b"]);
        Assert.Equal(2, Codec.RoundTrip<IImmutableDictionary<string, int>>(v.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase))["b"]);
        Assert.Equal(2, Codec.RoundTrip(v.ToImmutableSortedDictionary(StringComparer.OrdinalIgnoreCase))["b"]);
        Assert.Contains("X", Codec.RoundTrip(new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "x" }));
        Assert.Contains("X", Codec.RoundTrip<ISet<string>>(new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "x" }));
        Assert.DoesNotContain("X", Codec.RoundTrip(new HashSet<string>(StringComparer.Ordinal) { "x" }));

        var odd = new HashSet<int>(EqualityComparer<int>.Create((a, b) => a % 2 == b % 2, a => a % 2));
        Assert.Contains("comparer", Assert.Throws<SerializationException>(() => Codec.Write(odd)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_and_records_by_member()
    {
        var order = new Order(5, null, [new("x", 1.50m, 2), null!], Colour.Green) { Paid = DateTimeOffset.UnixEpoch };
        Order read = Codec.RoundTrip(order);
        Assert.Equal(order, read, new IgnoringLines());
        Assert.Equal(order.Lines, read.Lines);

        Basket basket = Codec.RoundTrip(new Basket { Counts = { ["a"] = 1 }, Total = 7 });
        Assert.Equal((1, 7), (basket.Counts["a"], basket.Total));

        Node node = Codec.RoundTrip(new Node { Value = 1, Next = new() { Value = 2 }, Children = { new() { Value = 3, Children = { new() } } } });
        Assert.Equal((1, 2, 3, 0), (node.Value, node.Next!.Value, node.Children[0].Value, node.Children[0].Children[0].Value));

        Tree tree = Codec.RoundTrip(new Tree(1, [new Tree(2, [new Tree(3, [])])]));
        Assert.Equal(3, tree.Children[0].Children[0].Value);
    }

    [Fact]
    public void Runs_of_values_have_the_bytes_of_single_ones()
    {
        SameBytes<Point>();
        SameBytes<(byte, long, short)>();
        SameBytes<(long, bool)>();
        SameBytes<(int, string?)>();
        SameBytes<Guid>();
        SameBytes<DateTime>();
        SameBytes<int?>();

        static void SameBytes<T>() => Prop.ForAll<T[]>(values =>
        {
            TypeSerializer<T> serializer = SerializerRegistry.CreateDefault().Get<T>();
            var all = new DataWriter();
            serializer.WriteAll(all, values);
            var each = new DataWriter();
            foreach (T value in values)
            {
                serializer.Write(each, in value);
            }

            var read = new T[values.Length];
            serializer.ReadAll(new DataReader(all.WrittenMemory), read);
            return all.WrittenSpan.SequenceEqual(each.WrittenSpan) && read.SequenceEqual(values);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Blittable_structs_are_copied_as_blocks()
    {
        SerializerRegistry registry = SerializerRegistry.CreateDefault();
        Assert.Equal(16, registry.Get<Point>().FixedSize);
        Assert.Equal(16, registry.Get<(long, long)>().FixedSize);
        Assert.Equal(32, registry.Get<(Point, Point)>().FixedSize);
        Assert.Equal(0, registry.Get<Fields>().FixedSize);
        Assert.Equal(0, registry.Get<(long, bool)>().FixedSize);
    }

    private static void Holds<T>() =>
        Prop.ForAll<T>(v => EqualityComparer<T>.Default.Equals(v, Codec.RoundTrip(v))).QuickCheckThrowOnFailure();

    private static void Sequence<TSequence, T>() where TSequence : IEnumerable<T> =>
        Prop.ForAll<TSequence>(v => Codec.RoundTrip(v).SequenceEqual(v)).QuickCheckThrowOnFailure();

    private static void Same<T>(T value) => Assert.Equal(value, Codec.RoundTrip(value));

    private sealed class IgnoringLines : IEqualityComparer<Order>
    {
        public bool Equals(Order? x, Order? y) => (x!.Id, x.Customer, x.Colour, x.Paid) == (y!.Id, y.Customer, y.Colour, y.Paid);

        public int GetHashCode(Order obj) => 0;
    }
}
