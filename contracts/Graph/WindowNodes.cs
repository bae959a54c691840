namespace OrleansStream.Graph;

/// <summary>Windows that are aggregated; the result goes through a lambda or, if that is null, a function.</summary>
internal sealed class WindowAggregateNode<TKey, TIn, TAcc, TOut, TResult>(
    WindowSettings<TIn> windows, IAggregate<TIn, TAcc, TOut> aggregate, Func<TimeWindow, TKey, TOut, TResult>? result, WindowFunction<TKey, TOut, TResult>? function)
    : StreamNode<TResult>
{
    public WindowSettings<TIn> Windows { get; } = windows;

    public IAggregate<TIn, TAcc, TOut> Aggregate { get; } = aggregate;

    public Func<TimeWindow, TKey, TOut, TResult>? Result { get; } = result;

    public WindowFunction<TKey, TOut, TResult>? Function { get; } = function;

    public override bool WaitsForWatermarks => Windows.WaitForWatermarks;

    public override string? WhyEmpty(OutputTag tag) => Function is null ? Windows.WhyEmpty(tag) : null;

    public override string Kind => "window";

    public override bool IsStateful => true;

    public override string Settings => Windows.ToString();

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}

/// <summary>Windows whose records are kept for a function.</summary>
internal sealed class WindowProcessNode<TKey, TIn, TResult>(WindowSettings<TIn> windows, WindowFunction<TKey, TIn, TResult> function) : StreamNode<TResult>
{
    public WindowSettings<TIn> Windows { get; } = windows;

    public WindowFunction<TKey, TIn, TResult> Function { get; } = function;

    public override bool WaitsForWatermarks => Windows.WaitForWatermarks;

    public override string Kind => "window-process";

    public override bool IsStateful => true;

    public override string Settings => Windows.ToString();

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}
