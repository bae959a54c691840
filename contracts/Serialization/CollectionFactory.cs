using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Reflection;

namespace OrleansStream.Serialization;

/// <summary>Chooses serializers for collection types. Interfaces are read back as the usual class behind them.</summary>
internal static class CollectionFactory
{
    private const BindingFlags Factories = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> ByElement = new()
    {
        [typeof(List<>)] = nameof(List),
        [typeof(IEnumerable<>)] = nameof(Enumerable), [typeof(ICollection<>)] = nameof(Collection), [typeof(IList<>)] = nameof(ListInterface),
        [typeof(IReadOnlyCollection<>)] = nameof(ReadOnlyCollection), [typeof(IReadOnlyList<>)] = nameof(ReadOnlyList),
        [typeof(Queue<>)] = nameof(Queue), [typeof(Stack<>)] = nameof(Stack), [typeof(LinkedList<>)] = nameof(LinkedList),
        [typeof(ReadOnlyCollection<>)] = nameof(Wrapped),
        [typeof(HashSet<>)] = nameof(HashSet), [typeof(ISet<>)] = nameof(SetInterface), [typeof(IReadOnlySet<>)] = nameof(ReadOnlySet),
        [typeof(SortedSet<>)] = nameof(SortedSet), [typeof(FrozenSet<>)] = nameof(FrozenSet),
        [typeof(ImmutableArray<>)] = nameof(ImmutableArray), [typeof(ImmutableList<>)] = nameof(ImmutableList),
        [typeof(IImmutableList<>)] = nameof(ImmutableListInterface), [typeof(ImmutableQueue<>)] = nameof(ImmutableQueue),
        [typeof(ImmutableStack<>)] = nameof(ImmutableStack), [typeof(ImmutableHashSet<>)] = nameof(ImmutableHashSet),
        [typeof(ImmutableSortedSet<>)] = nameof(ImmutableSortedSet),
    };

    private static readonly Dictionary<Type, string> ByPair = new()
    {
        [typeof(KeyValuePair<,>)] = nameof(Pair), [typeof(Dictionary<,>)] = nameof(Dictionary),
        [typeof(IDictionary<,>)] = nameof(DictionaryInterface), [typeof(IReadOnlyDictionary<,>)] = nameof(ReadOnlyDictionary),
        [typeof(SortedDictionary<,>)] = nameof(SortedDictionary), [typeof(SortedList<,>)] = nameof(SortedList),
        [typeof(FrozenDictionary<,>)] = nameof(FrozenDictionary),
        [typeof(ImmutableDictionary<,>)] = nameof(ImmutableDictionary), [typeof(IImmutableDictionary<,>)] = nameof(ImmutableDictionaryInterface),
        [typeof(ImmutableSortedDictionary<,>)] = nameof(ImmutableSortedDictionary),
    };

    /// <summary>
    /// Null when the type is no collection of ours. <paramref name="get"/> finds the serializers of elements, keys and values, with
    /// their names in messages.
    /// </summary>
    internal static TypeSerializer? TryCreate(Type type, Func<Type, string, TypeSerializer> get)
    {
        if (type.IsSZArray)
        {
            return Create(nameof(Array), [type.GetElementType()!], get, "[]");
        }

        if (!type.IsConstructedGenericType)
        {
            return null;
        }

        Type definition = type.GetGenericTypeDefinition();
        return ByElement.TryGetValue(definition, out string? factory) ? Create(factory, type.GetGenericArguments(), get, "[]")
            : ByPair.TryGetValue(definition, out factory) ? Create(factory, type.GetGenericArguments(), get, "[key]", "[value]")
            : null;
    }

    private static TypeSerializer Create(string factory, Type[] arguments, Func<Type, string, TypeSerializer> get, params string[] names)
    {
        object[] elements = [.. arguments.Select((a, i) => (object)get(a, names[i]))];
        MethodInfo method = typeof(CollectionFactory).GetMethods(Factories).Single(m => m.Name == factory && m.IsGenericMethodDefinition);
        return (TypeSerializer)method.MakeGenericMethod(arguments).Invoke(null, BindingFlags.DoNotWrapExceptions, null, elements, null)!;
    }

    private static TypeSerializer Array<T>(TypeSerializer<T> e) => new ArraySerializer<T>(e);

    private static TypeSerializer List<T>(TypeSerializer<T> e) => new ListSerializer<T>(e);

    private static TypeSerializer Enumerable<T>(TypeSerializer<T> e) => Sequence<IEnumerable<T>, T>(e, x => new List<T>(x), exact: false);

    private static TypeSerializer Collection<T>(TypeSerializer<T> e) => Sequence<ICollection<T>, T>(e, x => new List<T>(x), exact: false);

    private static TypeSerializer ListInterface<T>(TypeSerializer<T> e) => Sequence<IList<T>, T>(e, x => new List<T>(x), exact: false);

    private static TypeSerializer ReadOnlyCollection<T>(TypeSerializer<T> e) =>
        Sequence<IReadOnlyCollection<T>, T>(e, x => new List<T>(x), exact: false);

    private static TypeSerializer ReadOnlyList<T>(TypeSerializer<T> e) =>
        Sequence<IReadOnlyList<T>, T>(e, x => new List<T>(x), exact: false);

    private static TypeSerializer Queue<T>(TypeSerializer<T> e) => Sequence<Queue<T>, T>(e, x => new Queue<T>(x));

    private static TypeSerializer Stack<T>(TypeSerializer<T> e) => Sequence<Stack<T>, T>(e, x => new Stack<T>(x.Reverse()));

    private static TypeSerializer LinkedList<T>(TypeSerializer<T> e) => Sequence<LinkedList<T>, T>(e, x => new LinkedList<T>(x));

    private static TypeSerializer Wrapped<T>(TypeSerializer<T> e) =>
        Sequence<ReadOnlyCollection<T>, T>(e, x => new ReadOnlyCollection<T>(x));

    private static TypeSerializer ImmutableArray<T>(TypeSerializer<T> e) => new CollectionSerializer<ImmutableArray<T>, T>(
        new() { Kind = SchemaKind.Sequence, Build = (x, _) => [.. x], IsImmutable = true, IsDefault = x => x.IsDefault }, e, [e]);

    private static TypeSerializer ImmutableList<T>(TypeSerializer<T> e) => Sequence<ImmutableList<T>, T>(e, x => [.. x], immutable: true);

    private static TypeSerializer ImmutableListInterface<T>(TypeSerializer<T> e) =>
        Sequence<IImmutableList<T>, T>(e, System.Collections.Immutable.ImmutableList.CreateRange, exact: false);

    private static TypeSerializer ImmutableQueue<T>(TypeSerializer<T> e) => Sequence<ImmutableQueue<T>, T>(e, x => [.. x], immutable: true);

    private static TypeSerializer ImmutableStack<T>(TypeSerializer<T> e) =>
        Sequence<ImmutableStack<T>, T>(e, x => System.Collections.Immutable.ImmutableStack.CreateRange(x.Reverse()), immutable: true);

    private static TypeSerializer HashSet<T>(TypeSerializer<T> e) =>
        Set<HashSet<T>, T>(e, (x, c) => new HashSet<T>(x, (IEqualityComparer<T>?)c), x => x.Comparer);

    private static TypeSerializer SetInterface<T>(TypeSerializer<T> e) =>
        Set<ISet<T>, T>(e, (x, c) => new HashSet<T>(x, (IEqualityComparer<T>?)c), x => ComparerOf<T>(x), exact: false);

    private static TypeSerializer ReadOnlySet<T>(TypeSerializer<T> e) =>
        Set<IReadOnlySet<T>, T>(e, (x, c) => new HashSet<T>(x, (IEqualityComparer<T>?)c), x => ComparerOf<T>(x), exact: false);

    private static TypeSerializer SortedSet<T>(TypeSerializer<T> e) =>
        Set<SortedSet<T>, T>(e, (x, c) => new SortedSet<T>(x, (IComparer<T>?)c), x => x.Comparer);

    private static TypeSerializer FrozenSet<T>(TypeSerializer<T> e) =>
        Set<FrozenSet<T>, T>(e, (x, c) => x.ToFrozenSet((IEqualityComparer<T>?)c), x => x.Comparer, exact: false, immutable: true);

    private static TypeSerializer ImmutableHashSet<T>(TypeSerializer<T> e) => Set<ImmutableHashSet<T>, T>(
        e, (x, c) => System.Collections.Immutable.ImmutableHashSet.CreateRange((IEqualityComparer<T>?)c, x), x => x.KeyComparer, immutable: true);

    private static TypeSerializer ImmutableSortedSet<T>(TypeSerializer<T> e) => Set<ImmutableSortedSet<T>, T>(
        e, (x, c) => System.Collections.Immutable.ImmutableSortedSet.CreateRange((IComparer<T>?)c, x), x => x.KeyComparer, immutable: true);

    private static TypeSerializer Pair<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) =>
        new PairSerializer<TKey, TValue>(k, v);

    private static TypeSerializer Dictionary<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) where TKey : notnull =>
        new DictionarySerializer<TKey, TValue>(new PairSerializer<TKey, TValue>(k, v));

    private static TypeSerializer DictionaryInterface<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) where TKey : notnull =>
        Map<IDictionary<TKey, TValue>, TKey, TValue>(k, v, ToDictionary, x => ComparerOf<TKey, TValue>(x), exact: false);

    private static TypeSerializer ReadOnlyDictionary<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) where TKey : notnull =>
        Map<IReadOnlyDictionary<TKey, TValue>, TKey, TValue>(k, v, ToDictionary, x => ComparerOf<TKey, TValue>(x), exact: false);

    private static TypeSerializer SortedDictionary<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) where TKey : notnull =>
        Map<SortedDictionary<TKey, TValue>, TKey, TValue>(
            k, v, (x, c) => new SortedDictionary<TKey, TValue>(ToDictionary(x, null), (IComparer<TKey>?)c), x => x.Comparer);

    private static TypeSerializer SortedList<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) where TKey : notnull =>
        Map<SortedList<TKey, TValue>, TKey, TValue>(
            k, v, (x, c) => new SortedList<TKey, TValue>(ToDictionary(x, null), (IComparer<TKey>?)c), x => x.Comparer);

    private static TypeSerializer FrozenDictionary<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) where TKey : notnull =>
        Map<FrozenDictionary<TKey, TValue>, TKey, TValue>(
            k, v, (x, c) => ToDictionary(x, c).ToFrozenDictionary((IEqualityComparer<TKey>?)c), x => x.Comparer, exact: false, immutable: true);

    private static TypeSerializer ImmutableDictionary<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) where TKey : notnull =>
        Map<ImmutableDictionary<TKey, TValue>, TKey, TValue>(
            k, v, ToImmutable, x => x.KeyComparer, immutable: true);

    private static TypeSerializer ImmutableDictionaryInterface<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) where TKey : notnull =>
        Map<IImmutableDictionary<TKey, TValue>, TKey, TValue>(k, v, ToImmutable, x => ComparerOf<TKey, TValue>(x), exact: false);

    private static TypeSerializer ImmutableSortedDictionary<TKey, TValue>(TypeSerializer<TKey> k, TypeSerializer<TValue> v) where TKey : notnull =>
        Map<ImmutableSortedDictionary<TKey, TValue>, TKey, TValue>(
            k, v, (x, c) => System.Collections.Immutable.ImmutableSortedDictionary.CreateRange((IComparer<TKey>?)c, x), x => x.KeyComparer, immutable: true);

    private static CollectionSerializer<TCollection, T> Sequence<TCollection, T>(
        TypeSerializer<T> e, Func<T[], TCollection> build, bool exact = true, bool immutable = false) =>
        new(new() { Kind = SchemaKind.Sequence, Build = (x, _) => build(x), IsExact = exact, IsImmutable = immutable }, e, [e]);

    private static CollectionSerializer<TCollection, T> Set<TCollection, T>(
        TypeSerializer<T> e, Func<T[], object?, TCollection> build, Func<TCollection, object?> comparer, bool exact = true, bool immutable = false)
        where TCollection : IEnumerable<T> =>
        new(
            new()
            {
                Kind = SchemaKind.Set, Comparer = comparer, IsExact = exact, IsImmutable = immutable, ReadComparer = Comparers.Read<T>,
                Build = (x, c) => build(x, c) is var set && set.Count() == x.Length ? set : throw new ArgumentException("one is there twice"),
                ComparerCode = x => Comparers.CodeOf<T>(comparer(x), typeof(TCollection)),
            },
            e, [e]);

    private static CollectionSerializer<TCollection, KeyValuePair<TKey, TValue>> Map<TCollection, TKey, TValue>(
        TypeSerializer<TKey> k, TypeSerializer<TValue> v, Func<KeyValuePair<TKey, TValue>[], object?, TCollection> build,
        Func<TCollection, object?> comparer, bool exact = true, bool immutable = false) =>
        new(
            new()
            {
                Kind = SchemaKind.Map, Comparer = comparer, IsExact = exact, IsImmutable = immutable, ReadComparer = Comparers.Read<TKey>, Build = build,
                ComparerCode = x => Comparers.CodeOf<TKey>(comparer(x), typeof(TCollection)),
            },
            new PairSerializer<TKey, TValue>(k, v), [k, v]);

    private static Dictionary<TKey, TValue> ToDictionary<TKey, TValue>(KeyValuePair<TKey, TValue>[] pairs, object? comparer) where TKey : notnull =>
        new(pairs, comparer as IEqualityComparer<TKey>);

    private static ImmutableDictionary<TKey, TValue> ToImmutable<TKey, TValue>(KeyValuePair<TKey, TValue>[] pairs, object? comparer)
        where TKey : notnull => System.Collections.Immutable.ImmutableDictionary.CreateRange((IEqualityComparer<TKey>?)comparer, pairs);

    /// <summary>The comparer of a set behind an interface, which becomes a hash set; of one that sorts, only the default is kept.</summary>
    private static object? ComparerOf<T>(IEnumerable<T> set) => set switch
    {
        HashSet<T> s => s.Comparer,
        FrozenSet<T> s => s.Comparer,
        ImmutableHashSet<T> s => s.KeyComparer,
        SortedSet<T> s => s.Comparer,
        ImmutableSortedSet<T> s => s.KeyComparer,
        _ => null,
    };

    private static object? ComparerOf<TKey, TValue>(IEnumerable<KeyValuePair<TKey, TValue>> map) where TKey : notnull => map switch
    {
        Dictionary<TKey, TValue> d => d.Comparer,
        FrozenDictionary<TKey, TValue> d => d.Comparer,
        ImmutableDictionary<TKey, TValue> d => d.KeyComparer,
        SortedDictionary<TKey, TValue> d => d.Comparer,
        SortedList<TKey, TValue> d => d.Comparer,
        ImmutableSortedDictionary<TKey, TValue> d => d.KeyComparer,
        _ => null,
    };
}
