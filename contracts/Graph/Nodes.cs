namespace OrleansStream.Graph;

/// <summary>A source, seen without the type of its records.</summary>
internal interface ISourceNode
{
    bool IsBounded { get; }

    bool MakesWatermarks { get; }

    ISplitEnumerator CreateEnumerator(SourceContext context);
}

/// <summary>Timestamps and watermarks in mid-stream, seen without the type of the records.</summary>
internal interface ITimestampsNode
{
    bool MakesWatermarks { get; }
}

internal sealed class SourceNode<T>(ISource<T> source, WatermarkStrategy<T> watermarks) : StreamNode<T>, ISourceNode
{
    public bool IsBounded => Source.IsBounded;

    public bool MakesWatermarks => Watermarks.Kind != WatermarkKind.None;

    public ISplitEnumerator CreateEnumerator(SourceContext context) => Source.CreateEnumerator(context);

    public ISource<T> Source { get; } = source;

    public WatermarkStrategy<T> Watermarks { get; } = watermarks;

    public override string Kind => "source";

    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class SinkNode<T>(ISink<T> sink) : StreamNode<T>
{
    public ISink<T> Sink { get; } = sink;

    public override string Kind => "sink";

    public override bool IsStateful => Sink is ITwoPhaseSink<T>;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class MapNode<TIn, TOut>(Func<TIn, TOut> map) : LambdaNode<TOut>
{
    public Func<TIn, TOut> Map { get; } = map;

    public override string Kind => "map";

    public override bool IsStateful => false;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class FilterNode<T>(Func<T, bool> predicate) : LambdaNode<T>
{
    public Func<T, bool> Predicate { get; } = predicate;

    public override string Kind => "filter";

    public override bool IsStateful => false;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class FlatMapNode<TIn, TOut>(FlatMapAction<TIn, TOut> action) : LambdaNode<TOut>
{
    public FlatMapAction<TIn, TOut> Action { get; } = action;

    public override string Kind => "flat-map";

    public override bool IsStateful => false;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class ProcessNode<TIn, TOut>(ProcessFunction<TIn, TOut> function) : StreamNode<TOut>
{
    public ProcessFunction<TIn, TOut> Function { get; } = function;

    public override string Kind => "process";

    // The function may declare operator state when it is opened.
    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class TimestampsNode<T>(WatermarkStrategy<T> watermarks) : LambdaNode<T>, ITimestampsNode
{
    public WatermarkStrategy<T> Watermarks { get; } = watermarks;

    public bool MakesWatermarks => Watermarks.Kind != WatermarkKind.None;

    public override string Kind => "timestamps";

    public override bool IsStateful => false;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class KeyedProcessNode<TKey, TIn, TOut>(KeyedProcessFunction<TKey, TIn, TOut> function) : StreamNode<TOut>
{
    public KeyedProcessFunction<TKey, TIn, TOut> Function { get; } = function;

    public override string Kind => "keyed-process";

    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class ReduceNode<TKey, T>(Func<T, T, T> reduce) : LambdaNode<T>
{
    public Func<T, T, T> Reduce { get; } = reduce;

    public override string Kind => "reduce";

    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class AggregateNode<TKey, TIn, TAcc, TOut, TResult>(IAggregate<TIn, TAcc, TOut> aggregate, Func<TKey, TOut, TResult> result) : LambdaNode<TResult>
{
    public IAggregate<TIn, TAcc, TOut> Aggregate { get; } = aggregate;

    public Func<TKey, TOut, TResult> Result { get; } = result;

    public override string Kind => "aggregate";

    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class CoProcessNode<T1, T2, TOut>(CoProcessFunction<T1, T2, TOut> function) : StreamNode<TOut>
{
    public CoProcessFunction<T1, T2, TOut> Function { get; } = function;

    public override string Kind => "co-process";

    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

internal sealed class KeyedCoProcessNode<TKey, T1, T2, TOut>(KeyedCoProcessFunction<TKey, T1, T2, TOut> function) : StreamNode<TOut>
{
    public KeyedCoProcessFunction<TKey, T1, T2, TOut> Function { get; } = function;

    /// <summary>Whether the function is ours, such as a join's: then it is never run with an object per key.</summary>
    public bool IsBuiltIn { get; init; }

    public override string Kind => "keyed-co-process";

    public override bool IsStateful => true;

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}
