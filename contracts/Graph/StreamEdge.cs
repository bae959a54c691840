namespace OrleansStream.Graph;

/// <summary>How records are spread over the subtasks of the next operator.</summary>
internal enum PartitioningKind
{
    Forward,
    Rebalance,
    Rescale,
    Broadcast,
    Hash,
}

/// <summary>Records flow from one node to an input of another.</summary>
internal abstract class StreamEdge(StreamNode from, OutputTag? tag, Partitioning partitioning, int input)
{
    public StreamNode From { get; } = from;

    /// <summary>The side output; null for the main output.</summary>
    public OutputTag? Tag { get; } = tag;

    public Partitioning Partitioning { get; } = partitioning;

    /// <summary>Which input of the receiving node, from 0.</summary>
    public int Input { get; } = input;

    public abstract Type RecordType { get; }

    public abstract void Accept(IEdgeVisitor visitor);
}

internal sealed class StreamEdge<T>(StreamNode from, OutputTag? tag, Partitioning partitioning, int input) : StreamEdge(from, tag, partitioning, input)
{
    public override Type RecordType => typeof(T);

    public override void Accept(IEdgeVisitor visitor) => visitor.Visit(this);
}

internal interface IEdgeVisitor
{
    void Visit<T>(StreamEdge<T> edge);
}

internal class Partitioning(PartitioningKind kind)
{
    public static readonly Partitioning Forward = new(PartitioningKind.Forward);
    public static readonly Partitioning Rebalance = new(PartitioningKind.Rebalance);
    public static readonly Partitioning Rescale = new(PartitioningKind.Rescale);
    public static readonly Partitioning Broadcast = new(PartitioningKind.Broadcast);

    public PartitioningKind Kind { get; } = kind;

    /// <summary>The type of the keys; null for all but hash partitioning.</summary>
    public virtual Type? KeyType => null;
}

/// <summary>Hash partitioning with its key selector.</summary>
internal abstract class KeyPartitioning<T>() : Partitioning(PartitioningKind.Hash)
{
    public abstract void Accept(IKeyVisitor<T> visitor);
}

internal sealed class KeyPartitioning<TKey, T>(Func<T, TKey> selector) : KeyPartitioning<T>
{
    public Func<T, TKey> Selector { get; } = selector;

    public override Type KeyType => typeof(TKey);

    public override void Accept(IKeyVisitor<T> visitor) => visitor.Visit(this);
}

internal interface IKeyVisitor<T>
{
    void Visit<TKey>(KeyPartitioning<TKey, T> partitioning);
}
