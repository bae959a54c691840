namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Count, sum and smallest, as a struct.</summary>
internal readonly struct Merging : IAggregate<Item, (long Count, long Sum, long Least), string>
{
    public (long Count, long Sum, long Least) Create() => (0, 0, long.MaxValue);

    public void Add(ref (long Count, long Sum, long Least) accumulator, in Item value) =>
        accumulator = (accumulator.Count + 1, accumulator.Sum + value.Id, Math.Min(accumulator.Least, value.Id));

    public string Result(in (long Count, long Sum, long Least) accumulator) => $"{accumulator.Count} {accumulator.Sum} {accumulator.Least}";

    public void Merge(ref (long Count, long Sum, long Least) into, in (long Count, long Sum, long Least) from) =>
        into = (into.Count + from.Count, into.Sum + from.Sum, Math.Min(into.Least, from.Least));

    public static string Of(IEnumerable<long> ids) => $"{ids.Count()} {ids.Sum()} {ids.Min()}";
}

/// <summary>The same without Merge.</summary>
internal readonly struct NotMerging : IAggregate<Item, (long Count, long Sum, long Least), string>
{
    public (long Count, long Sum, long Least) Create() => default(Merging).Create();

    public void Add(ref (long Count, long Sum, long Least) accumulator, in Item value) => default(Merging).Add(ref accumulator, in value);

    public string Result(in (long Count, long Sum, long Least) accumulator) => default(Merging).Result(in accumulator);
}

/// <summary>The records themselves, in an object that is changed.</summary>
internal sealed class Collecting : IAggregate<Item, List<long>, string>
{
    public List<long> Create() => [];

    public void Add(ref List<long> accumulator, in Item value) => accumulator.Add(value.Id);

    public string Result(in List<long> accumulator) => Of(accumulator);

    public void Merge(ref List<long> into, in List<long> from) => into.AddRange(from);

    public static string Of(IEnumerable<long> ids) => string.Join(' ', ids.Order());
}
