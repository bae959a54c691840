using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Frames;
using OrleansStream.Engine.InFlight;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Graph;
using OrleansStream.Serialization;

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
    private readonly List<InFlightReplay> _replays = [];

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

        return new Chain { Operators = [.. _order], Exits = [.. _exits], Ports = [.. _ports], Channels = [.. _inputs], Replays = [.. _replays] };
    }

    /// <summary>Whether chained operators may hold back records when an unaligned snapshot is taken: only a sink does, when it is busy.</summary>
    private bool StoresLinks => _options.Checkpointing.Unaligned && _vertex.Nodes.Any(n => n.Kind == "sink");

    private InFlightEdge<T> InFlightOf<T>(StreamEdge<T> edge, StreamNode to)
    {
        try
        {
            return new InFlightEdge<T>(
                _plan.UidOf(to), EdgeNames.Of(_plan, to, edge), _plan.VertexOf(edge.From).Parallelism, _plan.VertexOf(to).Parallelism, _setup(to).Serializers);
        }
        catch (SerializationException e)
        {
            throw new JobDefinitionException(
                $"An unaligned checkpoint stores the records between {edge.From} and {to}, which cannot be serialized: {e.Message} Or set checkpointing.unaligned = false.", e);
        }
    }

    /// <summary>What was under way in an edge and belongs to this subtask now; none if the job does not start from an unaligned checkpoint.</summary>
    private List<InFlightSequence<T>> RestoredIn<T>(StreamEdge<T> edge, StreamNode to, PartitioningKind kind)
    {
        if (_restored(_plan.UidOf(to)) is not { } restored || !restored.HasInFlight(EdgeNames.Of(_plan, to, edge)))
        {
            return [];
        }

        if (kind == PartitioningKind.Broadcast)
        {
            throw new StateRestoreException(
                $"The checkpoint has records that were under way from {edge.From} to {to}, and now every subtask gets every record of that stream. Start from a savepoint, which has none.");
        }

        OperatorSetup setup = _setup(to);
        KeyRouting<T> routing = new(setup);
        (edge.Partitioning as KeyPartitioning<T>)?.Accept(routing);
        return InFlightRestore.Read(InFlightOf(edge, to), restored, setup, fromAll: kind is PartitioningKind.Hash or PartitioningKind.Rebalance, routing.Router);
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
        public void Visit<T>(StreamEdge<T> edge)
        {
            IReceiver<T> receiver = (IReceiver<T>)builder._operators[to];
            builder.LinkOf(edge).AddTarget(receiver, builder.StoresLinks ? builder.InFlightOf(edge, to) : null);
            if (builder.RestoredIn(edge, to, PartitioningKind.Forward) is { Count: > 0 } sequences)
            {
                // The last operator reads first, so that nothing comes past what waits behind it.
                builder._replays.Insert(0, new InFlightReplay<T>(receiver, sequences));
            }
        }
    }

    private sealed class ExitEdge(ChainBuilder builder, PlanEdge plan) : IEdgeVisitor
    {
        public void Visit<T>(StreamEdge<T> edge)
        {
            Channel[] channels = [.. plan.TargetsOf(builder._subtask).Select(to => builder._channels(plan, builder._subtask, to))];
            AttachCodec(edge, builder._setup(edge.From).Serializers, channels);
            int batch = builder._options.BatchSize;
            ExchangeWriter writer;
            InFlightEdge<T>? stored = builder._options.Checkpointing.Unaligned && plan.Kind != PartitioningKind.Broadcast ? builder.InFlightOf(edge, plan.ToNode) : null;
            if (plan.Kind == PartitioningKind.Hash)
            {
                HashVisitor<T> visitor = new(builder, builder._setup(edge.From), channels, stored);
                ((KeyPartitioning<T>)edge.Partitioning).Accept(visitor);
                writer = visitor.Writer!;
            }
            else
            {
                writer = plan.Kind == PartitioningKind.Broadcast
                    ? new BroadcastWriter<T>(channels, batch, builder.TimeoutMs)
                    : new RoundRobinWriter<T>(channels, builder._subtask, batch, builder.TimeoutMs) { Edge = stored };
            }

            builder._exits.Add(writer);
            builder.LinkOf(edge).AddTarget((IReceiver<T>)writer);
        }
    }

    // Only channels to other nodes need one, so that a type without a serializer can be used inside a node.
    private static void AttachCodec<T>(StreamEdge<T> edge, SerializerRegistry serializers, Channel[] channels)
    {
        Channel[] remote = [.. channels.Where(c => c.AttachCodec is not null)];
        if (remote.Length == 0)
        {
            return;
        }

        CodecVisitor<T> visitor = new(serializers);
        (edge.Partitioning as KeyPartitioning<T>)?.Accept(visitor);
        ElementCodec codec = visitor.Codec ?? new BatchCodec<T>(serializers.Get<T>());
        foreach (Channel channel in remote)
        {
            channel.AttachCodec!(codec);
        }
    }

    private sealed class CodecVisitor<T>(SerializerRegistry serializers) : IKeyVisitor<T>
    {
        public ElementCodec? Codec { get; private set; }

        public void Visit<TKey>(KeyPartitioning<TKey, T> partitioning) => Codec = new KeyedBatchCodec<TKey, T>(serializers.Get<TKey>(), serializers.Get<T>());
    }

    private sealed class HashVisitor<T>(ChainBuilder builder, OperatorSetup setup, Channel[] channels, InFlightEdge<T>? stored) : IKeyVisitor<T>
    {
        public ExchangeWriter? Writer { get; private set; }

        public void Visit<TKey>(KeyPartitioning<TKey, T> partitioning) => Writer = new HashWriter<TKey, T>(
            setup, partitioning.Selector, channels, builder._plan.MaxParallelism, builder._options.BatchSize, builder.TimeoutMs) { Edge = stored };
    }

    private sealed class KeyRouting<T>(OperatorSetup setup) : IKeyVisitor<T>
    {
        public IKeyRouter<T>? Router { get; private set; }

        public void Visit<TKey>(KeyPartitioning<TKey, T> partitioning) => Router = new KeyRouter<TKey, T>(setup, partitioning.Selector);
    }

    private sealed class EntryEdge(ChainBuilder builder, StreamNode head, PlanEdge[] edges) : IEdgeVisitor
    {
        public void Visit<T>(StreamEdge<T> edge)
        {
            IReceiver<T> receiver = builder._operators[head] is ITwoInputs two ? (IReceiver<T>)two.Input(edge.Input) : (IReceiver<T>)builder._operators[head];
            List<InputChannel> channels = [];
            List<InFlightSequence<T>> sequences = [];
            InputPort<T> port = new(receiver, edges.Sum(e => e.SourcesOf(builder._subtask).Count()));
            foreach (PlanEdge plan in edges)
            {
                StreamEdge<T> typed = (StreamEdge<T>)plan.Edge;
                bool overtakes = plan.Kind != PartitioningKind.Broadcast;
                InFlightEdge<T>? stored = builder._options.Checkpointing.Unaligned && overtakes ? builder.InFlightOf(typed, head) : null;
                Channel[] ends = [.. plan.SourcesOf(builder._subtask).Select(from => builder._channels(plan, from, builder._subtask))];
                AttachCodec(typed, builder._setup(head).Serializers, ends);
                foreach (Channel channel in ends)
                {
                    channels.Add(new InputChannel(channel, port, channels.Count) { Edge = stored, IsAlwaysAligned = !overtakes });
                }

                sequences.AddRange(builder.RestoredIn(typed, head, plan.Kind));
            }

            if (sequences.Count > 0)
            {
                port.Replay = new InFlightReplay<T>(receiver, sequences);
            }

            builder._ports.Add(port);
            builder._inputs.AddRange(channels);
        }
    }
}
