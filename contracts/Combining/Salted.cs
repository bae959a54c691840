namespace OrleansStream.Combining;

/// <summary>A record with the part of its key that it was put into.</summary>
internal readonly record struct Salted<T>(int Salt, T Value);

/// <summary>An aggregate of records with salts, whose result is its accumulator.</summary>
internal readonly struct SaltedAggregate<T, TAcc, TOut>(IAggregate<T, TAcc, TOut> aggregate) : IAggregate<Salted<T>, TAcc, TAcc>
{
    public TAcc Create() => aggregate.Create();

    public void Add(ref TAcc accumulator, in Salted<T> value) => aggregate.Add(ref accumulator, value.Value);

    // A copy, since the operator may go on with what it has.
    public TAcc Result(in TAcc accumulator)
    {
        TAcc copy = aggregate.Create();
        aggregate.Merge(ref copy, in accumulator);
        return copy;
    }

    public void Merge(ref TAcc into, in TAcc from) => aggregate.Merge(ref into, in from);
}
