using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>The end of a stream, where the sink can be named and tuned.</summary>
public sealed class SinkStream
{
    private readonly StreamNode _node;

    internal SinkStream(StreamNode node)
    {
        _node = node;
    }

    /// <inheritdoc cref="OperatorStream{T}.WithName"/>
    public SinkStream WithName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _node.Name = name;
        return this;
    }

    /// <inheritdoc cref="OperatorStream{T}.WithUid"/>
    public SinkStream WithUid(string uid)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(uid);
        _node.Uid = uid;
        return this;
    }

    /// <inheritdoc cref="OperatorStream{T}.WithParallelism"/>
    public SinkStream WithParallelism(int parallelism)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        _node.Parallelism = parallelism;
        return this;
    }

    /// <inheritdoc cref="OperatorStream{T}.DisableChaining"/>
    public SinkStream DisableChaining()
    {
        _node.ChainingDisabled = true;
        return this;
    }
}
