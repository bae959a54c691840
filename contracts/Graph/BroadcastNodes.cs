namespace OrleansStream.Graph;

internal sealed class BroadcastNode<T, TBroadcast, TOut>(BroadcastFunction<T, TBroadcast, TOut> function) : StreamNode<TOut>
{
    public BroadcastFunction<T, TBroadcast, TOut> Function { get; } = function;

    public override string Kind => "broadcast-process";

    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class KeyedBroadcastNode<TKey, T, TBroadcast, TOut>(KeyedBroadcastFunction<TKey, T, TBroadcast, TOut> function) : StreamNode<TOut>
{
    public KeyedBroadcastFunction<TKey, T, TBroadcast, TOut> Function { get; } = function;

    public override string Kind => "keyed-broadcast-process";

    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}
