namespace OrleansStream.Graph;

/// <summary>A keyed grain, seen without its types.</summary>
internal interface IKeyGrainNode
{
    /// <summary>What keys can be told; grows until the graph is built.</summary>
    IReadOnlyList<GrainMessage> Accepted { get; }
}

internal sealed class KeyGrainNode<TKey, TIn, TOut>(Func<KeyGrain<TKey, TIn, TOut>> create, int maxConcurrentCalls, IReadOnlyList<GrainMessage> accepted) : StreamNode<TOut>, IKeyGrainNode
{
    public Func<KeyGrain<TKey, TIn, TOut>> Create { get; } = create;

    public int MaxConcurrentCalls { get; } = maxConcurrentCalls;

    public IReadOnlyList<GrainMessage> Accepted { get; } = accepted;

    public override string Kind => "key-grain";

    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}
