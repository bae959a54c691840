namespace OrleansStream.Engine.Operators;

/// <summary>What an operator of one subtask has counted. Written by the subtask's thread, per batch; read by any thread.</summary>
public sealed class OperatorMetrics(string name, string uid)
{
    internal long RecordsInCount;
    internal long RecordsOutCount;
    internal long LateDroppedCount;
    internal long LateOutputCount;
    internal long BadRecordsCount;
    internal long WatermarkMs = long.MinValue;
    internal long LagCount = -1;
    internal HotKey[] HotKeysNamed = [];
    internal Sources.AlignedSource? AlignedSource;

    /// <summary>The operator.</summary>
    public string Name { get; } = name;

    /// <summary>Its uid.</summary>
    public string Uid { get; } = uid;

    /// <summary>Records taken.</summary>
    public long RecordsIn => Volatile.Read(ref RecordsInCount);

    /// <summary>Records emitted, side outputs left out.</summary>
    public long RecordsOut => Volatile.Read(ref RecordsOutCount);

    /// <summary>Late records that were dropped.</summary>
    public long LateDropped => Volatile.Read(ref LateDroppedCount);

    /// <summary>Late records that went to the side output.</summary>
    public long LateOutput => Volatile.Read(ref LateOutputCount);

    /// <summary>Input that could not be read and was left out.</summary>
    public long BadRecords => Volatile.Read(ref BadRecordsCount);

    /// <summary>Records that a source knows to exist and has not read; −1 if it does not know.</summary>
    public long Lag => Volatile.Read(ref LagCount);

    /// <summary>Keys that a large share of the recent records has, the largest first; of some operators with keys only.</summary>
    public IReadOnlyList<HotKey> HotKeys => Volatile.Read(ref HotKeysNamed);

    /// <summary>The watermark of the operator.</summary>
    public long Watermark => Volatile.Read(ref WatermarkMs);
}
