using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Graph;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Jobs;

/// <summary>The subtasks of one attempt in this process, with the channels between them.</summary>
internal sealed class Deployment
{
    private readonly JobSetup _setup;
    private readonly JobPlan _plan;
    private readonly RestoredJob? _restored;
    private readonly string _incarnation;
    private readonly int _attempt;
    private readonly Dictionary<(int Edge, int From, int To), Channel> _channels = [];
    private readonly Dictionary<SubtaskId, Tasklet> _tasklets = [];

    public Deployment(IEngineHost host, JobSetup setup, JobPlan plan, RestoredJob? restored, string incarnation, int attempt, Action<SubtaskEvent> report)
    {
        _setup = setup;
        _plan = plan;
        _restored = restored;
        _incarnation = incarnation;
        _attempt = attempt;
        Memory = new ExchangeMemory(setup.Options.ExchangeMemory);
        foreach (PlanEdge edge in plan.Edges)
        {
            for (int from = 0; from < edge.From.Parallelism; from++)
            {
                foreach (int to in edge.TargetsOf(from))
                {
                    _channels.Add((edge.Id, from, to), new Channel(Memory, from, to));
                }
            }
        }

        foreach (PlanVertex vertex in plan.Vertices)
        {
            for (int subtask = 0; subtask < vertex.Parallelism; subtask++)
            {
                SubtaskId id = new(vertex.Id, subtask);
                TaskletSetup place = new()
                {
                    Job = setup.Name,
                    Attempt = attempt,
                    Id = id,
                    Name = $"{vertex.Name} ({subtask + 1}/{vertex.Parallelism})",
                    Store = setup.Store,
                    AlignBarriers = setup.Options.Checkpointing.Mode == CheckpointMode.ExactlyOnce,
                    RestoredCheckpoint = restored?.CheckpointId ?? 0,
                };
                _tasklets.Add(id, new Tasklet(host, place, report) { MayHaveOwnThread = _setup.Options.IsolateSlow });
            }
        }
    }

    public ExchangeMemory Memory { get; }

    public IReadOnlyDictionary<SubtaskId, Tasklet> Tasklets => _tasklets;

    /// <summary>Builds and opens all subtasks, each with a call of Define of its own.</summary>
    public void Begin(IEngineHost host)
    {
        foreach ((SubtaskId id, Tasklet tasklet) in _tasklets)
        {
            host.Start(tasklet, id.Index);
            tasklet.Begin(owner => Build(host, owner, id));
        }
    }

    private Chain Build(IEngineHost host, Tasklet owner, SubtaskId id)
    {
        JobPlan plan = JobPlan.Build(_setup.Create(), _setup.Options, _setup.DefaultParallelism, _restored?.MaxParallelism);
        if (plan.Hash != _plan.Hash)
        {
            throw new JobDefinitionException(
                $"Define of job '{_setup.Name}' built two different graphs (plan hashes {_plan.Hash} and {plan.Hash}). It may depend on its arguments only: not on time, random numbers, the environment or statics.");
        }

        SerializerRegistry serializers = SerializerRegistry.CreateDefault();
        OperatorSetup Place(StreamNode node) => new()
        {
            Name = node.Name,
            Uid = plan.UidOf(node),
            Subtask = id.Index,
            Parallelism = plan.VertexOf(node).Parallelism,
            MaxParallelism = plan.MaxParallelism,
            BatchSize = _setup.Options.BatchSize,
            Host = host,
            Serializers = serializers,
            Arguments = _setup.Options.Arguments,
            Job = _setup.Name,
            Incarnation = _incarnation,
            Attempt = _attempt,
            RestoredCheckpoint = _restored?.CheckpointId ?? 0,
            IsRestored = _restored is not null,
            Owner = owner,
        };
        return ChainBuilder.Build(
            plan, plan.Vertices[id.Vertex], id.Index, _setup.Options, (edge, from, to) => _channels[(edge.Id, from, to)], Place, uid => _restored?.Find(uid));
    }
}
