namespace OrleansStream.Engine.Planning;

/// <summary>Which sending subtasks have a channel to which receiving ones.</summary>
public enum EdgeShape
{
    /// <summary>Each to that of the same number.</summary>
    OneToOne,

    /// <summary>Each to its share of the neighbouring ones.</summary>
    Neighbours,

    /// <summary>Each to all.</summary>
    AllToAll,
}

internal static class EdgeShapes
{
    /// <summary>The receiving subtasks of a sending one.</summary>
    public static IEnumerable<int> TargetsOf(this EdgeShape shape, int from, int senders, int receivers) => shape switch
    {
        EdgeShape.OneToOne => [from],
        EdgeShape.Neighbours when senders >= receivers => [(int)((long)from * receivers / senders)],
        EdgeShape.Neighbours => Enumerable.Range(0, receivers).Where(to => (long)to * senders / receivers == from),
        _ => Enumerable.Range(0, receivers),
    };
}
