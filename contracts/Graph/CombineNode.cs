using OrleansStream.Combining;

namespace OrleansStream.Graph;

/// <summary>Combines the records of a key before they are sent to the subtask that owns it.</summary>
/// <param name="selector">Gives the key of a record.</param>
/// <param name="windows">The windows that the records are in; null for none.</param>
/// <param name="isOnly">Whether its subtasks are the only ones that send to the receiver: the stream is no union.</param>
/// <param name="hasLateOutput">Whether records that are late at the receiver go to a side output, as they came.</param>
/// <param name="aggregate">What combines them.</param>
/// <param name="options">How much is held.</param>
internal sealed class CombineNode<TKey, TIn, TAcc, TOut>(
    Func<TIn, TKey> selector, WindowAssigner? windows, bool isOnly, bool hasLateOutput, IAggregate<TIn, TAcc, TOut> aggregate, CombineOptions options) : StreamNode<Partial<TKey, TIn, TAcc>>
{
    public Func<TIn, TKey> Selector { get; } = selector;

    public WindowAssigner? Windows { get; } = windows;

    public bool IsOnly { get; } = isOnly;

    public bool HasLateOutput { get; } = hasLateOutput;

    public IAggregate<TIn, TAcc, TOut> Aggregate { get; } = aggregate;

    public CombineOptions Options { get; } = options;

    public override string Kind => "combine";

    // Everything leaves at a barrier.
    public override bool IsStateful => false;

    public override string Settings => $"{Windows} capacity={Options.Capacity} delay={Options.MaxDelayMs}";

    public override void Accept(INodeVisitor visitor) => visitor.Visit(this);
}
