using OrleansStream.Engine.Calls;
using OrleansStream.Engine.Combining;
using OrleansStream.Engine.KeyGrains;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Patterns;
using OrleansStream.Engine.Sources;
using OrleansStream.Engine.Time;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Planning;

/// <summary>Makes the operator of a node; the visits bind all type arguments.</summary>
internal sealed class OperatorFactory : INodeVisitor
{
    private const int DefaultConcurrentCalls = 100;
    private readonly OperatorSetup _setup;
    private readonly JobOptions _options;
    private Operator _made = null!;

    private OperatorFactory(OperatorSetup setup, JobOptions options)
    {
        _setup = setup;
        _options = options;
    }

    public static Operator Create(StreamNode node, OperatorSetup setup, JobOptions options)
    {
        OperatorFactory factory = new(setup, options);
        node.Accept(factory);
        return factory._made;
    }

    void INodeVisitor.Visit<T>(SourceNode<T> node) => _made = new SourceOperator<T>(_setup, node.Source, node.Watermarks, _options);

    void INodeVisitor.Visit<T>(SinkNode<T> node) => _made = new SinkOperator<T>(_setup, node.Sink);

    void INodeVisitor.Visit<TIn, TOut>(MapNode<TIn, TOut> node) => _made = new MapOperator<TIn, TOut>(_setup, node.Map);

    void INodeVisitor.Visit<T>(FilterNode<T> node) => _made = new FilterOperator<T>(_setup, node.Predicate);

    void INodeVisitor.Visit<TIn, TOut>(FlatMapNode<TIn, TOut> node) => _made = new FlatMapOperator<TIn, TOut>(_setup, node.Action);

    void INodeVisitor.Visit<TIn, TOut>(ProcessNode<TIn, TOut> node) => _made = new ProcessOperator<TIn, TOut>(_setup, node.Function);

    void INodeVisitor.Visit<TIn, TOut>(AsyncNode<TIn, TOut> node) =>
        _made = new AsyncOperator<TIn, TOut>(_setup, node.Function, node.Options, isStored: _options.Checkpointing.Interval is not null);

    void INodeVisitor.Visit<T>(TimestampsNode<T> node) =>
        _made = new TimestampsOperator<T>(_setup, node.Watermarks, WatermarkTimings.Of(_options), WatermarkTimings.TickMs(_options, node.Watermarks));

    void INodeVisitor.Visit<TKey, TIn, TAcc, TOut>(CombineNode<TKey, TIn, TAcc, TOut> node) => _made = ConcreteTypes.Operator(
        typeof(CombineOperator<,,,,>), [typeof(TKey), typeof(TIn), typeof(TAcc), typeof(TOut), node.Aggregate.GetType()],
        _setup, node.Selector, node.Windows, node.IsOnly, node.HasLateOutput, node.Aggregate, node.Options);

    void INodeVisitor.Visit<TKey, TIn, TOut>(KeyedProcessNode<TKey, TIn, TOut> node) => _made = _options.Keyed.Execution == KeyedExecution.Grain
        ? new KeyGrainOperator<TKey, TIn, TOut>(
            _setup, FreshNodes(node, n => new FunctionBody<TKey, TIn, TOut>(n.Function)), GrainSettings.Of(_setup, _options.Keyed, DefaultConcurrentCalls, []))
        : new KeyedProcessOperator<TKey, TIn, TOut>(_setup, node.Function);

    void INodeVisitor.Visit<TKey, TIn, TOut>(KeyGrainNode<TKey, TIn, TOut> node) => _made = new KeyGrainOperator<TKey, TIn, TOut>(
        _setup, () => new KeyGrainBody<TKey, TIn, TOut>(node.Create()), GrainSettings.Of(_setup, _options.Keyed, node.MaxConcurrentCalls, node.Accepted));

    void INodeVisitor.Visit<TKey, T>(ReduceNode<TKey, T> node) => _made = new ReduceOperator<TKey, T>(_setup, node.Reduce);

    void INodeVisitor.Visit<TKey, TIn, TAcc, TOut, TResult>(AggregateNode<TKey, TIn, TAcc, TOut, TResult> node) => _made = ConcreteTypes.Operator(
        typeof(AggregateOperator<,,,,,>), [typeof(TKey), typeof(TIn), typeof(TAcc), typeof(TOut), typeof(TResult), node.Aggregate.GetType()],
        _setup, node.Aggregate, node.Result);

    void INodeVisitor.Visit<TKey, TIn, TAcc, TOut, TResult>(WindowAggregateNode<TKey, TIn, TAcc, TOut, TResult> node) => _made = WindowOperators.Of(_setup, node);

    void INodeVisitor.Visit<TKey, TIn, TResult>(WindowProcessNode<TKey, TIn, TResult> node) => _made = WindowOperators.Of(_setup, node);

    void INodeVisitor.Visit<TKey, T, TOut>(PatternNode<TKey, T, TOut> node) => _made = new PatternOperator<TKey, T, TOut>(_setup, node.Pattern, node.Action);

    void INodeVisitor.Visit<T1, T2, TOut>(CoProcessNode<T1, T2, TOut> node) => _made = new CoProcessOperator<T1, T2, TOut>(_setup, node.Function);

    void INodeVisitor.Visit<TKey, T1, T2, TOut>(KeyedCoProcessNode<TKey, T1, T2, TOut> node) => _made = _options.Keyed.Execution == KeyedExecution.Grain && !node.IsBuiltIn
        ? new KeyGrainCoOperator<TKey, T1, T2, TOut>(
            _setup, FreshNodes(node, n => new CoFunctionBody<TKey, T1, T2, TOut>(n.Function)), GrainSettings.Of(_setup, _options.Keyed, DefaultConcurrentCalls, []))
        : new KeyedCoProcessOperator<TKey, T1, T2, TOut>(_setup, node.Function);

    void INodeVisitor.Visit<T, TBroadcast, TOut>(BroadcastNode<T, TBroadcast, TOut> node) => _made = new BroadcastOperator<T, TBroadcast, TOut>(_setup, node.Function);

    void INodeVisitor.Visit<TKey, T, TBroadcast, TOut>(KeyedBroadcastNode<TKey, T, TBroadcast, TOut> node) =>
        _made = new KeyedBroadcastOperator<TKey, T, TBroadcast, TOut>(_setup, node.Function);

    // The first object is that of the node at hand; each further one comes out of a call of Define of its own, so that no two share what their constructors made.
    private Func<TBody> FreshNodes<TNode, TBody>(TNode node, Func<TNode, TBody> body) where TNode : StreamNode
    {
        TNode? first = node;
        return () =>
        {
            TNode next = first ?? (TNode)(_setup.MakeAgain ?? throw new InvariantViolatedException($"Operator '{_setup.Name}' cannot be made again."))();
            first = null;
            return body(next);
        };
    }
}
