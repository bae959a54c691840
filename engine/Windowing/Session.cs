namespace OrleansStream.Engine.Windowing;

/// <summary>A session of a key that has not ended.</summary>
internal struct Session<TAcc>
{
    /// <summary>The first timestamp.</summary>
    public long Start;

    /// <summary>The last timestamp plus the gap.</summary>
    public long End;

    /// <summary>The end under which the session stands in the schedule; it may have grown since.</summary>
    public long Due;

    /// <summary>In the youngest session of a key: how many others the key has.</summary>
    public int Others;

    public TAcc Accumulator;

    public readonly bool Touches(long start, long end) => Start <= end && End >= start;
}
