namespace OrleansStream.Graph;

/// <summary>Builds something for each kind of node; the type arguments of the node are bound without reflection.</summary>
internal interface INodeVisitor
{
    void Visit<T>(SourceNode<T> node);

    void Visit<T>(SinkNode<T> node);

    void Visit<TIn, TOut>(MapNode<TIn, TOut> node);

    void Visit<T>(FilterNode<T> node);

    void Visit<TIn, TOut>(FlatMapNode<TIn, TOut> node);

    void Visit<TIn, TOut>(ProcessNode<TIn, TOut> node);

    void Visit<TIn, TOut>(AsyncNode<TIn, TOut> node);

    void Visit<T>(TimestampsNode<T> node);

    void Visit<TKey, TIn, TAcc, TOut>(CombineNode<TKey, TIn, TAcc, TOut> node);

    void Visit<TKey, TIn, TOut>(KeyedProcessNode<TKey, TIn, TOut> node);

    void Visit<TKey, TIn, TOut>(KeyGrainNode<TKey, TIn, TOut> node);

    void Visit<TKey, T>(ReduceNode<TKey, T> node);

    void Visit<TKey, TIn, TAcc, TOut, TResult>(AggregateNode<TKey, TIn, TAcc, TOut, TResult> node);

    void Visit<TKey, TIn, TAcc, TOut, TResult>(WindowAggregateNode<TKey, TIn, TAcc, TOut, TResult> node);

    void Visit<TKey, TIn, TResult>(WindowProcessNode<TKey, TIn, TResult> node);

    void Visit<TKey, T, TOut>(PatternNode<TKey, T, TOut> node);

    void Visit<T1, T2, TOut>(CoProcessNode<T1, T2, TOut> node);

    void Visit<TKey, T1, T2, TOut>(KeyedCoProcessNode<TKey, T1, T2, TOut> node);

    void Visit<T, TBroadcast, TOut>(BroadcastNode<T, TBroadcast, TOut> node);

    void Visit<TKey, T, TBroadcast, TOut>(KeyedBroadcastNode<TKey, T, TBroadcast, TOut> node);
}
