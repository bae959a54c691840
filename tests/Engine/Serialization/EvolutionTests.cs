using System.Collections.Immutable;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Tests.Serialization;

public class EvolutionTests
{
    [Fact]
    public void An_equal_schema_gives_the_serializer_itself()
    {
        TypeSerializer<Shapes.Order> serializer = SerializerRegistry.CreateDefault().Get<Shapes.Order>();
        Assert.Same(serializer, serializer.ForSchema(SerializerRegistry.CreateDefault().Get<Shapes.Order>().Schema));
        TypeSerializer<Shapes.Node> node = SerializerRegistry.CreateDefault().Get<Shapes.Node>();
        Assert.Same(node, node.ForSchema(SerializerRegistry.CreateDefault().Get<Shapes.Node>().Schema));
    }

    [Fact]
    public void Added_members_have_their_defaults_and_removed_ones_are_read_over()
    {
        var old = new V1.Order(7, "gone", [new("a", 2), null!], new() { ["k"] = new V1.Line("b", 3) }, new V1.Pair(1, 2), DayOfWeek.Friday)
        {
            Extra = [new("x", 1)], Uri = new Uri("a", UriKind.Relative), Version = new Version(1, 2), Bits = [1, 2], Many = { ["a"] = [1, null] },
        };
        V2.Order now = Codec.Evolve<V1.Order, V2.Order>(old);
        Assert.Equal(7, now.Id);
        Assert.Equal("unknown", now.Region);
        Assert.Equal(42, now.Limit);
        Assert.Equal(2, now.Lines.Length);
        Assert.Equal(new V2.Line(2, "a", null), now.Lines[0]);
        Assert.Null(now.Lines[1]);
        Assert.Equal(3, now.ByName["k"].Count);
        Assert.Equal(2, now.Pair.Y);
    }

    [Fact]
    public void Numbers_widen()
    {
        Assert.Equal(5L, Codec.Evolve<int, long>(5));
        Assert.Equal(-5m, Codec.Evolve<long, decimal>(-5));
        Assert.Equal(1.5, Codec.Evolve<float, double>(1.5f));
        Assert.Equal([-1L, 2], Codec.Evolve<sbyte[], List<long>>([-1, 2]));
        Assert.Equal(5L, Codec.Evolve<int, long?>(5));
        Assert.Equal((1L, 2d), Codec.Evolve<(int, float), (long, double)>((1, 2)));
        Assert.Equal(5, Codec.Evolve<Dictionary<string, int>, SortedDictionary<string, long>>(new() { ["a"] = 5 })["a"]);
    }

    [Fact]
    public void A_recursive_type_gets_a_member()
    {
        V2.Node now = Codec.Evolve<V1.Node, V2.Node>(new V1.Node { Value = 1, Old = new() { Value = 9 }, Children = [new() { Value = 2 }, new() { Value = 3, Children = [new()] }] });
        Assert.Equal((1, 2, 3), (now.Value, now.Children[0].Value, now.Children[1].Value));
        Assert.Equal("new", now.Children[1].Children[0].Note);
    }

    [Fact]
    public void An_enum_may_get_and_lose_names() =>
        Assert.Equal(V2.State.Done, Codec.Evolve<V1.State, V2.State>(V1.State.Done));

    [Theory]
    [InlineData(typeof(V1.Bad), typeof(V2.Bad), "Bad.Lines[].Price: was string, is decimal")]
    [InlineData(typeof(Dictionary<string, V1.BadLine>), typeof(Dictionary<string, V2.BadLine>), "[value].Price: was string, is decimal")]
    [InlineData(typeof(long), typeof(int), "int: was long, is int")]
    [InlineData(typeof(int?), typeof(int), "int: was int?, is int")]
    [InlineData(typeof(List<int>), typeof(HashSet<int>), "was int[], is set<int>")]
    [InlineData(typeof(V1.Reordered), typeof(V2.Reordered), "A = 0, is")]
    [InlineData(typeof(V1.Line), typeof(V1.Pair), "was OrleansStream.Engine.Tests.Serialization.V1.Line {")]
    public void What_cannot_be_read_is_refused_with_its_path(Type then, Type now, string message)
    {
        TypeSchema written = SerializerRegistry.CreateDefault().Get(then).Schema;
        TypeSerializer current = SerializerRegistry.CreateDefault().Get(now);
        var e = Assert.Throws<StateRestoreException>(() => current.Adapted(written));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains("register a serializer", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_authors_serializer_refuses_another_version_with_the_path()
    {
        TypeSchema written = SerializerRegistry.CreateDefault().Register(new ObjectAsText(1)).Get<List<object>>().Schema;
        TypeSerializer<List<object>> current = SerializerRegistry.CreateDefault().Register(new ObjectAsText(2)).Get<List<object>>();
        Assert.Contains("List<object>[]: ", Assert.Throws<StateRestoreException>(() => current.ForSchema(written)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_round_trips_and_can_be_read_by_people()
    {
        foreach (Type type in (Type[])[typeof(Shapes.Order), typeof(Shapes.Node), typeof(Shapes.Tree), typeof((int?, Dictionary<string, HashSet<Guid>>)), typeof(DayOfWeek)])
        {
            TypeSchema schema = SerializerRegistry.CreateDefault().Get(type).Schema;
            var writer = new DataWriter();
            schema.Write(writer);
            TypeSchema read = TypeSchema.Read(new DataReader(writer.WrittenMemory));
            Assert.Equal(schema, read);
            Assert.Equal(schema.GetHashCode(), read.GetHashCode());
            Assert.Equal(schema.ToString(), read.ToString());
        }

        Assert.Equal("(int, string[]) { Item1: int, Item2: string[] }", SerializerRegistry.CreateDefault().Get<(int, string[])>().Schema.ToString());
        Assert.NotEqual(SerializerRegistry.CreateDefault().Get<int[]>().Schema, SerializerRegistry.CreateDefault().Get<List<int>>().Schema);
    }

    internal sealed class ObjectAsText(int version) : TypeSerializer<object>
    {
        public override TypeSchema Schema { get; } = TypeSchema.Custom("text", version);

        public override void Write(DataWriter writer, in object value) => writer.WriteString(value?.ToString());

        public override object Read(DataReader reader) => reader.ReadString()!;

        public override object Copy(in object value) => value;
    }
}

internal static class SerializerExtensions
{
    internal static TypeSerializer Adapted(this TypeSerializer current, TypeSchema written) => SchemaAdapter.Run(current, written);
}

public static class V1
{
    public enum State
    {
        New,
        Old,
        Done = 5,
    }

    public enum Swapped
    {
        A,
        B,
    }

    public sealed record Order(long Id, string Removed, List<Line> Lines, Dictionary<string, Line> ByName, Pair Pair, DayOfWeek Day)
    {
        public HashSet<Line>? Extra { get; init; }

        public Uri? Uri { get; init; }

        public Version? Version { get; init; }

        public byte[]? Bits { get; init; }

        public Dictionary<string, int?[]> Many { get; init; } = [];

        public decimal Money { get; init; } = 1.5m;

        public Shapes.Empty Empty { get; init; }

        public DateTimeOffset At { get; init; }
    }

    public sealed record Line(string Product, short Count);

    public readonly record struct Pair(int X, int Y);

    public sealed class Node
    {
        public int Value { get; set; }

        public Node? Old { get; set; }

        public Node[] Children { get; set; } = [];
    }

    public sealed record Bad(List<BadLine> Lines);

    public sealed record BadLine(string Price);

    public sealed record Reordered(Swapped Value);
}

public static class V2
{
    public enum State
    {
        New,
        Paused,
        Done = 5,
    }

    public enum Swapped
    {
        B,
        A,
    }

    public sealed record Order(decimal Id, ImmutableArray<Line> Lines, IReadOnlyDictionary<string, Line> ByName, Pair Pair, string Region = "unknown")
    {
        public int Limit { get; init; } = 42;
    }

    public sealed record Line(long Count, string Product, string? Comment);

    public sealed record Pair(int Y);

    public sealed class Node
    {
        public List<Node> Children { get; set; } = [];

        public string Note { get; set; } = "new";

        public int Value { get; set; }
    }

    public sealed record Bad(List<BadLine> Lines);

    public sealed record BadLine(decimal Price);

    public sealed record Reordered(Swapped Value);
}
