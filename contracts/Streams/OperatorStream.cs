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
    /// <param name="name">The name; not blank.</param>
    /// <exception cref="JobDefinitionException">The name is blank.</exception>
    public OperatorStream<T> WithName(string name)
    {
        _node.Rename(name);
        return this;
    }

    /// <summary>
    /// Names the operator's state in savepoints, for ever. Without it the uid is derived from the operator's kind and name and from what stands before it, so that a change there
    /// separates the operator from its state.
    /// </summary>
    /// <param name="uid">The uid, unique in the job; not blank.</param>
    /// <exception cref="JobDefinitionException">The uid is blank. One that is used twice is refused when the graph is built.</exception>
    public OperatorStream<T> WithUid(string uid)
    {
        _node.Identify(uid);
        return this;
    }

    /// <summary>Sets how many subtasks the operator has; the job's parallelism otherwise.</summary>
    /// <param name="parallelism">From 1 to the job's <c>max-parallelism</c>.</param>
    /// <exception cref="JobDefinitionException">It is less than 1, or more than there can be.</exception>
    public OperatorStream<T> WithParallelism(int parallelism)
    {
        _node.Spread(parallelism);
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
    /// <exception cref="JobDefinitionException">It is known that the operator never emits to it.</exception>
    public DataStream<TSide> GetSideOutput<TSide>(OutputTag<TSide> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return _node.WhyEmpty(tag) is { } why
            ? throw new JobDefinitionException($"The side output {tag} of operator {_node} would stay empty: {why}.")
            : new DataStream<TSide>(Env, [(_node, tag)], Partitioning.Forward);
    }
}
