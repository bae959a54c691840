using OrleansStream.Serialization;
using static OrleansStream.Engine.Tests.Serialization.Shapes;

namespace OrleansStream.Engine.Tests.Serialization;

public class RefusalTests
{
    public interface IPayment;

    [Theory]
    [InlineData(typeof(Purchase), "Purchase.Items[].Payment of type IPayment cannot be serialized: its values can be of any derived type")]
    [InlineData(typeof(object), "object cannot be serialized")]
    [InlineData(typeof(int[,]), "array of arrays")]
    [InlineData(typeof(Action), "cannot be stored")]
    [InlineData(typeof(Exception), "no data")]
    [InlineData(typeof(Strange), "a collection that OrleansStream does not know")]
    [InlineData(typeof(GetOnly), "its member 'Items' cannot be set")]
    [InlineData(typeof(PrivateSet), "its member 'Count' cannot be set")]
    [InlineData(typeof(PrivateState), "its field '_sum' is not public and so would be lost")]
    [InlineData(typeof(NoConstructor), "no constructor")]
    public void A_type_that_cannot_be_stored_is_refused_with_place_and_remedy(Type type, string message)
    {
        SerializerRegistry registry = SerializerRegistry.CreateDefault();
        var e = Assert.Throws<SerializationException>(() => registry.Get(type));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains("register a serializer", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registered_serializer_is_used_for_members()
    {
        SerializerRegistry registry = SerializerRegistry.CreateDefault().Register(new PaymentSerializer());
        byte[] bytes = Codec.Write(new Purchase([new Item(new Cash())]), registry);
        Assert.IsType<Cash>(Codec.Read(bytes, registry.Get<Purchase>()).Items[0].Payment);
    }

    [Fact]
    public void Registering_too_late_is_refused()
    {
        SerializerRegistry registry = SerializerRegistry.CreateDefault();
        registry.Get<List<int>>();
        Assert.Throws<JobDefinitionException>(() => registry.Register(SerializerRegistry.CreateDefault().Get<int>()));
        registry.Register(new PaymentSerializer());
        Assert.Throws<JobDefinitionException>(() => registry.Register(new PaymentSerializer()));
    }

    [Fact]
    public void A_derived_instance_is_refused_when_written_or_copied()
    {
        Open value = new Derived(1, 2);
        Assert.Contains("Derived stands where Open", Assert.Throws<SerializationException>(() => Codec.Write(value)).Message, StringComparison.Ordinal);
        Assert.Throws<SerializationException>(() => Codec.Write<List<int>>(new Strange()));
    }

    [Fact]
    public void A_cycle_is_refused_when_written_and_when_copied()
    {
        var node = new Node();
        node.Children.Add(node);
        Assert.Contains("cycle", Assert.Throws<SerializationException>(() => Codec.Write(node)).Message, StringComparison.Ordinal);
        Assert.Contains("cycle", Assert.Throws<SerializationException>(() => SerializerRegistry.CreateDefault().Get<Node>().Copy(in node)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_chain_within_the_limit_is_written()
    {
        var node = new Node();
        for (int i = 0; i < 900; i++)
        {
            node = new Node { Value = i, Next = node };
        }

        Assert.Equal(899, Codec.RoundTrip(node).Value);
    }

    [Fact]
    public void A_serializer_that_writes_nothing_is_refused() =>
        Assert.Throws<SerializationException>(() => Codec.Write<List<IPayment>>([new Cash()], SerializerRegistry.CreateDefault().Register(new WritesNothing())));

    [Fact]
    public void Many_threads_may_ask_at_once()
    {
        SerializerRegistry registry = SerializerRegistry.CreateDefault();
        TypeSerializer<Node>[] found = new TypeSerializer<Node>[8];
        Thread[] threads = [.. found.Select((_, i) => new Thread(() =>
        {
            found[i] = registry.Get<Node>();
            var writer = new DataWriter();
            found[i].Write(writer, new Node { Children = { new() } });
            found[i].Read(new DataReader(writer.WrittenMemory));
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.All(found, f => Assert.Same(found[0], f));
    }

    public sealed record Cash : IPayment;

    public sealed record Item(IPayment Payment);

    public sealed record Purchase(List<Item> Items);

    public sealed class Strange : List<int>;

    public sealed class GetOnly
    {
        public List<int> Items { get; } = [];
    }

    public sealed class PrivateSet
    {
        public int Count { get; private set; }

        public void Add() => Count++;
    }

    public sealed class PrivateState
    {
        private long _sum;

        public long Add(long value) => _sum += value;
    }

    public sealed class NoConstructor(TimeSpan somethingElse)
    {
        public int Id { get; set; } = somethingElse.Days;
    }

    private class PaymentSerializer : TypeSerializer<IPayment>
    {
        public override TypeSchema Schema { get; } = TypeSchema.Custom("payment");

        public override void Write(DataWriter writer, in IPayment value) => writer.WriteByte(1);

        public override IPayment Read(DataReader reader)
        {
            reader.ReadByte();
            return new Cash();
        }

        public override IPayment Copy(in IPayment value) => value;
    }

    private sealed class WritesNothing : PaymentSerializer
    {
        public override void Write(DataWriter writer, in IPayment value)
        {
        }
    }
}
