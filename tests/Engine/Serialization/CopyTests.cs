using System.Collections.Immutable;
using OrleansStream.Serialization;
using static OrleansStream.Engine.Tests.Serialization.Shapes;

namespace OrleansStream.Engine.Tests.Serialization;

public class CopyTests
{
    public static TheoryData<Type> Immutable =>
    [
        typeof(int), typeof(string), typeof(Guid), typeof(DateTime?), typeof(Uri), typeof(Point), typeof(Tagged), typeof(Line), typeof(Declared),
        typeof((int, string)), typeof(Tuple<int, string>), typeof(ImmutableArray<Line>), typeof(ImmutableDictionary<string, Line>), typeof(Tree),
        typeof(KeyValuePair<string, Line>), typeof(Fields), typeof(ImmutableList<ImmutableHashSet<string>>), typeof(Link), typeof(Cyclic),
    ];

    public static TheoryData<Type> Mutable =>
    [
        typeof(int[]), typeof(List<int>), typeof(Order), typeof(Basket), typeof(Node), typeof((int, byte[])), typeof(ImmutableArray<int[]>),
        typeof(Dictionary<int, int>), typeof(Settable), typeof(HasPrivate), typeof(IReadOnlyList<int>), typeof(MutableCycle), typeof(Back), typeof(Counter),
    ];

    [Theory]
    [MemberData(nameof(Immutable))]
    public void What_cannot_change_is_shared(Type type) => Assert.True(SerializerRegistry.CreateDefault().Get(type).IsImmutable);

    [Theory]
    [MemberData(nameof(Mutable))]
    public void What_can_change_is_copied(Type type) => Assert.False(SerializerRegistry.CreateDefault().Get(type).IsImmutable);

    [Fact]
    public void Immutability_does_not_depend_on_which_type_of_a_cycle_is_asked_first()
    {
        SerializerRegistry registry = SerializerRegistry.CreateDefault();
        Assert.False(registry.Get<Back>().IsImmutable);
        Assert.False(registry.Get<MutableCycle>().IsImmutable);
    }

    [Fact]
    public void A_copy_is_independent()
    {
        var order = new Order(1, "c", [new("x", 1, 1)], Colour.Red);
        Order copy = Copy(order);
        order.Lines.Add(new("y", 1, 1));
        Assert.Single(copy.Lines);
        Assert.Same(order.Lines[0], copy.Lines[0]);

        var basket = new Basket { Counts = new(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 }, Total = 3 };
        Basket copiedBasket = Copy(basket);
        basket.Counts["a"] = 2;
        basket.Total = 4;
        Assert.Equal((1, 3), (copiedBasket.Counts["A"], copiedBasket.Total));

        var node = new Node { Next = new() { Value = 1 }, Children = { new() { Value = 2 } } };
        Node copiedNode = Copy(node);
        node.Next.Value = node.Children[0].Value = 9;
        Assert.Equal((1, 2), (copiedNode.Next!.Value, copiedNode.Children[0].Value));

        Dictionary<int, List<int>> map = new() { [1] = [1] };
        Dictionary<int, List<int>> copiedMap = Copy(map);
        map[1].Add(2);
        Assert.Single(copiedMap[1]);

        (int, byte[]) tuple = (1, [1]);
        (int, byte[]) copiedTuple = Copy(tuple);
        tuple.Item2[0] = 9;
        Assert.Equal(1, copiedTuple.Item2[0]);

        IReadOnlyList<int[]> list = [[1]];
        IReadOnlyList<int[]> copiedList = Copy(list);
        list[0][0] = 9;
        Assert.Equal(1, copiedList[0][0]);

        ImmutableArray<int[]> frozen = [[1]];
        ImmutableArray<int[]> copiedFrozen = Copy(frozen);
        frozen[0][0] = 9;
        Assert.Equal(1, copiedFrozen[0][0]);

        var stack = new Stack<int>([1, 2]);
        Stack<int> copiedStack = Copy(stack);
        stack.Pop();
        Assert.Equal([2, 1], copiedStack);

        var set = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "a" };
        HashSet<string> copiedSet = Copy(set);
        set.Clear();
        Assert.Contains("A", copiedSet);

        Assert.Null(Copy<Order?>(null));
        Assert.Null(Copy<List<int>?>(null));
    }

    [Fact]
    public void An_immutable_value_is_its_own_copy()
    {
        var line = new Line("a", 1, 1);
        Assert.Same(line, Copy(line));
        ImmutableList<string> list = ["a"];
        Assert.Same(list, Copy(list));
    }

    private static T Copy<T>(T value) => SerializerRegistry.CreateDefault().Get<T>().Copy(in value);

    public sealed record Link(int Value, Link? Next);

    public sealed record Cyclic(ImmutableArray<Cyclic> Children, Cyclic? Parent, ImmutableDictionary<string, Link> Links);

    public sealed record MutableCycle(Back? Back, List<int> Values);

    public sealed record Back(MutableCycle? Cycle);

    public sealed record Settable
    {
        public int Value { get; set; }
    }

    public sealed record HasPrivate(int Value)
    {
        [NonSerialized]
        private int _calls;

        public int Call() => ++_calls;
    }
}
