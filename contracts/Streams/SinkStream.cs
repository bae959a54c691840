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
        _node.Rename(name);
        return this;
    }

    /// <inheritdoc cref="OperatorStream{T}.WithUid"/>
    public SinkStream WithUid(string uid)
    {
        _node.Identify(uid);
        return this;
    }

    /// <inheritdoc cref="OperatorStream{T}.WithParallelism"/>
    public SinkStream WithParallelism(int parallelism)
    {
        _node.Spread(parallelism);
        return this;
    }

    /// <inheritdoc cref="OperatorStream{T}.DisableChaining"/>
    public SinkStream DisableChaining()
    {
        _node.ChainingDisabled = true;
        return this;
    }
}
