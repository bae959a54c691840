namespace OrleansStream.Examples.Flights;

/// <summary>Adds up delays. A struct, so that it is called without a delegate.</summary>
public readonly struct DelayStatistics : IAggregate<Flight, DelayStatistics.Sum, DelayStatistics.Sum>
{
    /// <summary>What is kept per airport and hour.</summary>
    /// <param name="Count">How many flights.</param>
    /// <param name="Minutes">Their delays, added up.</param>
    /// <param name="Worst">The largest delay.</param>
    public record struct Sum(long Count, long Minutes, int Worst)
    {
        /// <summary>The mean delay.</summary>
        public readonly double Mean => Minutes / (double)Count;
    }

    /// <inheritdoc/>
    public Sum Create() => new(0, 0, int.MinValue);

    /// <inheritdoc/>
    public void Add(ref Sum accumulator, in Flight value)
    {
        accumulator.Count++;
        accumulator.Minutes += value.Delay;
        accumulator.Worst = Math.Max(accumulator.Worst, value.Delay);
    }

    /// <inheritdoc/>
    public void Merge(ref Sum into, in Sum from) => into = new Sum(into.Count + from.Count, into.Minutes + from.Minutes, Math.Max(into.Worst, from.Worst));

    /// <inheritdoc/>
    public Sum Result(in Sum accumulator) => accumulator;
}
