namespace OrleansStream.Engine.Windowing;

/// <summary>A session of a key.</summary>
internal struct Session<TAcc>
{
    /// <summary>The first timestamp.</summary>
    public long Start;

    /// <summary>The last timestamp plus the gap; the lowest time once the session has fired.</summary>
    public long End;

    /// <summary>In the youngest session of a key: how many others the key has.</summary>
    public int Others;

    /// <summary>In the youngest session of a key: the number of the earliest of the others; the rest follow, in order of time.</summary>
    public int FirstOther;

    public TAcc Accumulator;

    /// <summary>Whether it has fired. It stays in its place for a while, since the next session of the key most likely needs one; it is no state any more.</summary>
    public readonly bool HasFired => End == long.MinValue;

    public readonly bool Touches(long start, long end) => Start <= end && End >= start;

    /// <summary>Ends the session, which touches nothing any more.</summary>
    public void MarkFired()
    {
        Start = long.MaxValue;
        End = long.MinValue;
        Accumulator = default!;
    }
}
