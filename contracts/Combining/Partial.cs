namespace OrleansStream.Combining;

/// <summary>What some records of a key have been combined to; or one record as it came, where it must be told apart from the others: behind the watermark of its sender, or outside all windows.</summary>
/// <param name="Key">The key.</param>
/// <param name="Window">For windows that merge: what the records' windows have merged to. Else nothing; the timestamp tells the window.</param>
/// <param name="Count">How many records are in the accumulator; 0 for a record as it came.</param>
/// <param name="Accumulator">What they have been combined to.</param>
/// <param name="Record">The record as it came.</param>
internal readonly record struct Partial<TKey, TIn, TAcc>(TKey Key, TimeWindow Window, long Count, TAcc Accumulator, TIn Record)
{
    /// <summary>How many records it stands for.</summary>
    public long Records => Math.Max(1, Count);
}

/// <summary>An aggregate of partial results, with the accumulators of the aggregate that made them.</summary>
internal readonly struct MergePartials<TKey, TIn, TAcc, TOut>(IAggregate<TIn, TAcc, TOut> aggregate) : IAggregate<Partial<TKey, TIn, TAcc>, TAcc, TOut>
{
    public TAcc Create() => aggregate.Create();

    public void Add(ref TAcc accumulator, in Partial<TKey, TIn, TAcc> value)
    {
        if (value.Count == 0)
        {
            aggregate.Add(ref accumulator, value.Record);
        }
        else
        {
            aggregate.Merge(ref accumulator, value.Accumulator);
        }
    }

    public TOut Result(in TAcc accumulator) => aggregate.Result(in accumulator);

    public void Merge(ref TAcc into, in TAcc from) => aggregate.Merge(ref into, in from);
}

/// <summary>Merging windows, such as sessions, of partial results: each brings its window with it.</summary>
internal sealed class PartialWindows<TKey, TIn, TAcc>(WindowAssigner windows) : WindowAssigner<Partial<TKey, TIn, TAcc>>
{
    public override bool IsMerging => true;

    public override void Assign(in Partial<TKey, TIn, TAcc> value, long time, ICollection<TimeWindow> windows) => windows.Add(value.Window);

    // What the state depends on is the windows of the records.
    public override string ToString() => windows.ToString();
}
