namespace OrleansStream.Graph;

internal sealed class AsyncNode<TIn, TOut>(AsyncFunction<TIn, TOut> function, AsyncOptions options) : StreamNode<TOut>
{
    public AsyncFunction<TIn, TOut> Function { get; } = function;

    public AsyncOptions Options { get; } = options;

    public override string Kind => "async";

    // Records in flight.
    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}
