using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Planning;

/// <summary>Makes the operators of one subtask out of a plan and connects them. In the background; the node visits bind all type arguments, so nothing is looked up per record.</summary>
internal sealed class ChainBuilder
{
    private readonly JobPlan _plan;
    private readonly PlanVertex _vertex;
    private readonly JobOptions _options;
    private readonly int _subtask;
    private readonly Func<PlanEdge, int, int, Channel> _channels;
    private readonly Func<StreamNode, OperatorSetup> _setup;
    private readonly Func<string, RestoredOperator?> _restored;
    private readonly Dictionary<StreamNode, Operator> _operators = [];
    private readonly List<Operator> _order = [];
    private readonly List<ExchangeWriter> _exits = [];
    private readonly List<InputPort> _ports = [];
    private readonly List<InputChannel> _inputs = [];

    private ChainBuilder(
        JobPlan plan, PlanVertex vertex, int subtask, JobOptions options, Func<PlanEdge, int, int, Channel> channels, Func<StreamNode, OperatorSetup> setup,
        Func<string, RestoredOperator?> restored)
    {
        _plan = plan;
        _vertex = vertex;
        _subtask = subtask;
        _options = options;
        _channels = channels;
        _setup = setup;
        _restored = restored;
    }

    private long TimeoutMs => (long)_options.BufferTimeout.TotalMilliseconds;

    /// <summary>Builds the chain of a subtask.</summary>
    /// <param name="plan">The plan, of a call of Define that this subtask alone uses.</param>
    /// <param name="vertex">The chain.</param>
    /// <param name="subtask">The subtask.</param>
    /// <param name="options">The options of the job.</param>
    /// <param name="channels">Gives the channel of an edge from a sending to a receiving subtask.</param>
    /// <param name="setup">Gives the place of an operator.</param>
    /// <param name="restored">Gives what an operator has in the snapshot, by its uid.</param>
    public static Chain Build(
        JobPlan plan, PlanVertex vertex, int subtask, JobOptions options, Func<PlanEdge, int, int, Channel> channels, Func<StreamNode, OperatorSetup> setup,
        Func<string, RestoredOperator?> restored) =>
        new ChainBuilder(plan, vertex, subtask, options, channels, setup, restored).Build();

    private Chain Build()
    {
        foreach (StreamNode node in _vertex.Nodes)
        {
            OperatorSetup setup = _setup(node);
            Add(node, setup, OperatorFactory.Create(node, setup, _options));
        }

        foreach (StreamNode node in _vertex.Nodes.Skip(1))
        {
            node.Inputs[0].Accept(new ChainedEdge(this, node));
        }

        foreach (PlanEdge edge in _plan.Edges.Where(e => e.From == _vertex))
        {
            edge.Edge.Accept(new ExitEdge(this, edge));
        }

        StreamNode head = _vertex.Nodes[0];
        int inputs = head.Inputs.Count == 0 ? 0 : head.Inputs.Max(e => e.Input) + 1;
        for (int input = 0; input < inputs; input++)
        {
            PlanEdge[] edges = [.. _plan.Edges.Where(e => e.ToNode == head && e.Edge.Input == input)];
            edges[0].Edge.Accept(new EntryEdge(this, head, edges));
        }

        return new Chain { Operators = [.. _order], Exits = [.. _exits], Ports = [.. _ports], Channels = [.. _inputs] };
    }

    private void Add(StreamNode node, OperatorSetup setup, Operator op)
    {
        if (op.State is { } state)
        {
            state.Restored = _restored(setup.Uid);
        }

        _operators.Add(node, op);
        _order.Add(op);
    }

    private OutputLink<T> LinkOf<T>(StreamEdge<T> edge)
    {
        Operator op = _operators[edge.From];
        if (edge.Tag is { } tag)
        {
            op.AddSide<T>(tag);
            return op.FindSide<T>(tag)!;
        }

        return (OutputLink<T>)op.Links[0];
    }

    private sealed class ChainedEdge(ChainBuilder builder, StreamNode to) : IEdgeVisitor
    {
        public void Visit<T>(StreamEdge<T> edge) => builder.LinkOf(edge).AddTarget((IReceiver<T>)builder._operators[to]);
    }

    private sealed class ExitEdge(ChainBuilder builder, PlanEdge plan) : IEdgeVisitor
    {
        public void Visit<T>(StreamEdge<T> edge)
        {
            Channel[] channels = [.. plan.TargetsOf(builder._subtask).Select(to => builder._channels(plan, builder._subtask, to))];
            int batch = builder._options.BatchSize;
            ExchangeWriter writer;
            if (plan.Kind == PartitioningKind.Hash)
            {
                HashVisitor<T> visitor = new(builder, builder._setup(edge.From), channels);
                ((KeyPartitioning<T>)edge.Partitioning).Accept(visitor);
                writer = visitor.Writer!;
            }
            else
            {
                writer = plan.Kind == PartitioningKind.Broadcast
                    ? new BroadcastWriter<T>(channels, batch, builder.TimeoutMs)
                    : new RoundRobinWriter<T>(channels, builder._subtask, batch, builder.TimeoutMs);
            }

            builder._exits.Add(writer);
            builder.LinkOf(edge).AddTarget((IReceiver<T>)writer);
        }
    }

    private sealed class HashVisitor<T>(ChainBuilder builder, OperatorSetup setup, Channel[] channels) : IKeyVisitor<T>
    {
        public ExchangeWriter? Writer { get; private set; }

        public void Visit<TKey>(KeyPartitioning<TKey, T> partitioning) => Writer = new HashWriter<TKey, T>(
            setup, partitioning.Selector, channels, builder._plan.MaxParallelism, builder._options.BatchSize, builder.TimeoutMs);
    }

    private sealed class EntryEdge(ChainBuilder builder, StreamNode head, PlanEdge[] edges) : IEdgeVisitor
    {
        public void Visit<T>(StreamEdge<T> edge)
        {
            IReceiver<T> receiver = builder._operators[head] is ITwoInputs two ? (IReceiver<T>)two.Input(edge.Input) : (IReceiver<T>)builder._operators[head];
            Channel[] channels = [.. edges.SelectMany(e => e.SourcesOf(builder._subtask).Select(from => builder._channels(e, from, builder._subtask)))];
            InputPort<T> port = new(receiver, channels.Length);
            builder._ports.Add(port);
            builder._inputs.AddRange(channels.Select((channel, i) => new InputChannel(channel, port, i)));
        }
    }
}
