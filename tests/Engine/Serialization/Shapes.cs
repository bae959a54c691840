using System.Collections.Immutable;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Tests.Serialization;

/// <summary>Types of all the kinds that job authors write.</summary>
public static class Shapes
{
    public enum Colour : byte
    {
        Red,
        Green = 5,
    }

    public sealed record Line(string Product, decimal Price, int Count);

    public sealed record Order(long Id, string? Customer, List<Line> Lines, Colour Colour)
    {
        public DateTimeOffset? Paid { get; init; }
    }

    public readonly record struct Point(long X, long Y);

    public readonly record struct Tagged(string Name, Point At);

    public sealed class Basket
    {
        public Dictionary<string, int> Counts { get; set; } = [];

        public long Total;

        public int Size => Counts.Count;

        [field: NonSerialized]
        public object? Cache { get; }
    }

    public sealed class Node
    {
        public int Value { get; set; }

        public Node? Next { get; set; }

        public List<Node> Children { get; set; } = [];
    }

    public sealed record Tree(int Value, ImmutableArray<Tree> Children);

    public sealed class Counter(int start)
    {
        public int Start { get; private set; } = start;
    }

    public struct Fields
    {
        public byte A;
        public long B;
        public short C;
    }

    public struct Empty;

    public record Open(int Id);

    public sealed record Derived(int Id, int More) : Open(Id);

    [ImmutableState]
    public sealed class Declared(IReadOnlyList<int> values)
    {
        public IReadOnlyList<int> Values { get; } = values;
    }

    internal sealed record Hidden(int Id, string Name);
}
