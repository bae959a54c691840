using OrleansStream.Keys;

namespace OrleansStream.Engine.Tests.Keys;

public class KeyTypeTests
{
    public static TheoryData<Type, string> Refused => new()
    {
        { typeof(int[]), "array or collection" },
        { typeof(List<string>), "array or collection" },
        { typeof((int, byte[])), "(int, byte[]).Item2 of type byte[]" },
        { typeof(object), "any type" },
        { typeof(IComparable), "any type" },
        { typeof(Uri), "use a string" },
        { typeof(NoEquals), "without an Equals" },
        { typeof(WithSetter), "'Name' can be changed" },
        { typeof(WithPrivateSetter), "'Name' can be changed" },
        { typeof(Outer), "Outer.Inner of type WithSetter" },
        { typeof(Chain), "Chain.Next of type Chain cannot be part of a key: it contains itself" },
        { typeof(Nothing), "no public property" },
        { typeof(OwnEquality), "Equals of its own" },
        { typeof(OwnStructEquality), "Equals of its own" },
        { typeof(CachedRecord), "'_cache'" },
        { typeof(Action), "any type" },
    };

    public static TheoryData<Type> Accepted =>
    [
        typeof((int, string)), typeof(Tuple<int, string>), typeof(KeyValuePair<string, double>), typeof(GoodClass), typeof(InitOnly), typeof(Plain),
        typeof((int, (string, Guid?))?), typeof(Half), typeof(Version), typeof(UInt128), typeof(GoodStructEquality),
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void For_a_type_without_stable_equality_is_refused(Type type, string reason) =>
        Assert.Contains(reason, Assert.Throws<KeyTypeException>(() => KeyHasher.For(type)).Message, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Accepted))]
    public void For_a_value_type_or_record_is_found(Type type) => Assert.Equal(type, KeyHasher.For(type).KeyType);

    [Fact]
    public void For_is_the_same_from_both_sides() => Assert.Same(KeyHasher<long>.For(), KeyHasher.For<long>());

    [Fact]
    public void A_null_key_is_refused()
    {
        Assert.Contains("string is null", Assert.Throws<KeyTypeException>(() => KeyHasher.For<string>().Hash(null!)).Message, StringComparison.Ordinal);
        Assert.Throws<KeyTypeException>(() => KeyHasher.For<string>().HashAll(["a", null!], new ulong[2]));
        Assert.Throws<KeyTypeException>(() => KeyHasher.For<int?>().Hash(null));
        Assert.Throws<KeyTypeException>(() => KeyHasher.For<Version>().Hash(null!));
    }

    [Fact]
    public void Members_of_a_class_with_Equals_are_hashed() =>
        Assert.Equal(KeyHasher.For<(int, long)>().Hash((1, 2)), KeyHasher.For<GoodClass>().Hash(new GoodClass(1, 2)));

    private sealed class NoEquals
    {
        public int Id { get; init; }
    }

    private sealed record WithSetter
    {
        public string Name { get; set; } = "";
    }

    private sealed record WithPrivateSetter
    {
        public string Name { get; private set; } = "";
    }

    private sealed record Outer(int Id, WithSetter Inner);

    private sealed record Chain(int Id, Chain? Next);

    private sealed record Nothing;

    private sealed record OwnEquality(string Name)
    {
        public bool Equals(OwnEquality? other) => string.Equals(Name, other?.Name, StringComparison.OrdinalIgnoreCase);

        public override int GetHashCode() => 0;
    }

    private record struct OwnStructEquality(string Name)
    {
        public readonly bool Equals(OwnStructEquality other) => string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase);

        public override readonly int GetHashCode() => 0;
    }

    private record struct GoodStructEquality(string Name);

    private sealed record CachedRecord(string Name)
    {
        private int _cache;

        public int Length => _cache == 0 ? _cache = Name.Length : _cache;
    }

    private sealed record InitOnly
    {
        public int Id { get; init; }
    }

    private struct Plain
    {
        public int Id { get; set; }
    }

    private sealed class GoodClass(int a, long b) : IEquatable<GoodClass>
    {
        public int A { get; } = a;

        public long B { get; } = b;

        public bool Equals(GoodClass? other) => other is not null && A == other.A && B == other.B;

        public override bool Equals(object? obj) => Equals(obj as GoodClass);

        public override int GetHashCode() => A;
    }
}
