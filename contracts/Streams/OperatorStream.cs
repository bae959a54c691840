using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>The output of one operator, where the operator can be named and tuned.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public class OperatorStream<T> : DataStream<T>
{
    private readonly StreamNode _node;

    internal OperatorStream(StreamEnvironment env, StreamNode node, OutputTag? tag) : base(env, [(node, tag)], Partitioning.Forward)
    {
        _node = node;
    }

    /// <summary>Names the operator in messages, metrics and the graph.</summary>
    /// <param name="name">The name.</param>
    public OperatorStream<T> WithName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _node.Name = name;
        return this;
    }

    /// <summary>
    /// Names the operator's state in savepoints, for ever. Without it the uid is derived from the operator's kind and name and from what stands before it, so that a change there
    /// separates the operator from its state.
    /// </summary>
    /// <param name="uid">The uid, unique in the job.</param>
    public OperatorStream<T> WithUid(string uid)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(uid);
        _node.Uid = uid;
        return this;
    }

    /// <summary>Sets how many subtasks the operator has; the job's parallelism otherwise.</summary>
    /// <param name="parallelism">At least 1.</param>
    public OperatorStream<T> WithParallelism(int parallelism)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        _node.Parallelism = parallelism;
        return this;
    }

    /// <summary>Keeps the operator in a tasklet of its own.</summary>
    public OperatorStream<T> DisableChaining()
    {
        _node.ChainingDisabled = true;
        return this;
    }

    /// <summary>Begins a new tasklet with this operator.</summary>
    public OperatorStream<T> StartNewChain()
    {
        _node.StartsChain = true;
        return this;
    }

    /// <summary>A side output of the operator.</summary>
    /// <typeparam name="TSide">The type of the side output's records.</typeparam>
    /// <param name="tag">Which one.</param>
    public DataStream<TSide> GetSideOutput<TSide>(OutputTag<TSide> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return new DataStream<TSide>(Env, [(_node, tag)], Partitioning.Forward);
    }
}
