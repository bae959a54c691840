namespace OrleansStream.Graph;

/// <summary>A pattern that is looked for.</summary>
internal sealed class PatternNode<TKey, T, TOut>(PatternSettings<T> settings, MatchAction<TKey, T, TOut> action) : StreamNode<TOut>
{
    public PatternSettings<T> Pattern { get; } = settings;

    public MatchAction<TKey, T, TOut> Action { get; } = action;

    public override bool WaitsForWatermarks => Pattern.IsEventTime;

    public override string Kind => "pattern";

    public override bool IsStateful => true;

    public override string Settings => Pattern.ToString();

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}
