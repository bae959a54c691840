using OrleansStream.Checkpointing;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.KeyAccess;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Sources;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Graph;
using OrleansStream.Keys;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Nodes;

/// <summary>The subtasks of one attempt on one node, with their channels and the conversation with the master. On the task host's thread.</summary>
internal sealed class HostedAttempt
{
    private readonly TaskHost _owner;
    private readonly JobSetup _setup;
    private readonly DeploySubtasks _deploy;
    private readonly string _master;
    private readonly LeaseTiming _timing;
    private readonly ControlLink _link;
    private readonly SubtaskId[] _local;
    private readonly HashSet<SubtaskId> _alive;
    private readonly Dictionary<ChannelId, Channel> _channels = [];
    private readonly Dictionary<string, PeerExchange> _creatingPeers = new(StringComparer.Ordinal);
    private readonly SourceAlignments _alignments = new();
    private readonly long _admittedMs;
    private readonly long _life;
    private volatile Dictionary<SubtaskId, Tasklet> _tasklets = [];
    private volatile Dictionary<string, PeerExchange> _peers = [];
    private long _nextBeatMs;
    private RestoredJob? _restored;
    private bool _isReading;
    private bool _isCancelled;
    private volatile bool _isAbandoned;

    public HostedAttempt(TaskHost owner, JobSetup setup, DeploySubtasks deploy, string master)
    {
        _owner = owner;
        _setup = setup;
        _deploy = deploy;
        _master = master;
        _timing = owner.TimingOf(setup);
        _local = [.. deploy.Places.Where(p => p.Value == owner.Transport.Node).Select(p => p.Key).Order()];
        _alive = [.. _local];
        _admittedMs = owner.MonotonicMs;
        _life = BitConverter.DoubleToInt64Bits(owner.Host.NextRandom());
        _link = new ControlLink(Transmit);
        _nextBeatMs = BeatAfter(owner.Host.NowMs);
        Memory = new ExchangeMemory(setup.Options.ExchangeMemory);
    }

    public string Job => _deploy.Job;

    public int Attempt => _deploy.Attempt;

    public HostedSubtasks Facts => new(Job, Attempt, _master, _deploy.Places, _isAbandoned);

    public ExchangeMemory Memory { get; }

    public IReadOnlyDictionary<ChannelId, Channel> Channels => _channels;

    public IEnumerable<PeerExchange> Peers => _peers.Values;

    public bool IsBegun { get; private set; }

    /// <summary>Whether everything has stopped and the master knows, or need not know.</summary>
    public bool IsOver => _alive.Count == 0 && !_isReading && (_isAbandoned || !_link.HasUnacknowledged);

    public long NextTickMs => _isAbandoned ? long.MaxValue : _nextBeatMs;

    public IReadOnlyList<SubtaskMetrics> Metrics() => [.. _tasklets.Values.Select(SubtaskMetrics.Of)];

    /// <summary>A subtask that was created here; null if it was not. Any thread.</summary>
    public Tasklet? Find(SubtaskId subtask) => _tasklets.GetValueOrDefault(subtask);

    public string Describe() => $"job '{Job}' attempt {Attempt}: {_alive.Count} subtasks alive{(_isAbandoned ? ", abandoned" : "")}";

    /// <summary>A frame or an answer from another node, for its channels. Any thread. Before the subtasks are created there is nobody to take it; it comes again.</summary>
    public void Receive(NodeMessage message) => _peers.GetValueOrDefault(message.From)?.Receive(message);

    /// <summary>Gives a request to the subtask that owns its key. Any thread.</summary>
    public void Deliver(KeyMail mail)
    {
        JobTopology topology = _deploy.Topology;
        int vertex = topology.VertexOf(mail.Request.Operator);
        if (vertex < 0)
        {
            mail.Refuse(KeyStatus.Refused, $"job '{Job}' has no operator of that uid; it has {string.Join(", ", topology.Uids.SelectMany(u => u).Select(u => $"'{u}'"))}.");
            return;
        }

        int group = KeyGroups.GroupOf(mail.Request.KeyHash, topology.MaxParallelism);
        SubtaskId subtask = new(vertex, KeyGroups.SubtaskOf(group, topology.MaxParallelism, topology.Vertices[vertex].Parallelism));
        string node = _deploy.Places[subtask];
        if (node != _owner.Transport.Node)
        {
            mail.Answer(new KeyReply(KeyStatus.Elsewhere, $"node '{node}' has the key.") { Node = node, Attempt = Attempt });
        }
        else if (_tasklets.TryGetValue(subtask, out Tasklet? tasklet))
        {
            tasklet.Deliver(mail);
        }
        else
        {
            mail.Refuse(KeyStatus.NotRunning, $"attempt {Attempt} of job '{Job}' is being deployed.");
        }
    }

    /// <summary>A packet of the master of this attempt.</summary>
    public void TakePacket(HostPacket packet)
    {
        if (_isAbandoned)
        {
            return;
        }

        foreach (ControlMessage message in _link.Receive(packet, _owner.MonotonicMs))
        {
            ProtocolInvariant.Require(16, message.Job == Job && message.Attempt == Attempt, $"{message} came in a packet of job '{Job}' attempt {Attempt}");
            Take(message);
        }
    }

    /// <summary>Creates the subtasks; no older attempt of the job has any here.</summary>
    public void Begin()
    {
        IsBegun = true;
        if (_isCancelled)
        {
            AllStopped();
            return;
        }

        if (_deploy.From.Kind == StartPointKind.Nothing)
        {
            Create();
            return;
        }

        _isReading = true;
        _owner.InBackground(() => RestoredJob.Read(_setup, _deploy.From, _deploy.Checkpoint), (restored, error) =>
        {
            _isReading = false;
            _restored = restored;
            if (error is not null && _local.Length > 0)
            {
                Report(new SubtaskFailed(Job, Attempt, _local[0], SubtaskFailure.Of(error)));
            }

            if (error is not null || _isCancelled)
            {
                AllStopped();
                return;
            }

            Create();
        });
    }

    /// <summary>Heartbeats, and the end of the lease.</summary>
    public void Tick()
    {
        long now = _owner.Host.NowMs;
        if (_isAbandoned || !_timing.IsOn)
        {
            return;
        }

        if (_owner.MonotonicMs - Math.Max(_admittedMs, _link.SeenMs) > _timing.LeaseMs)
        {
            _owner.Host.Log(EngineLogLevel.Warning, $"{_owner.Name}: no word from the master of job '{Job}' for {_timing.LeaseMs} ms; its subtasks of attempt {Attempt} stop");
            Abandon();
            return;
        }

        if (now >= _nextBeatMs || _nextBeatMs > now + _timing.HeartbeatMs)
        {
            _nextBeatMs = BeatAfter(now);
            _link.Beat(_owner.MonotonicMs);
        }
    }

    /// <summary>The lease is over, or a newer attempt is here: stops the subtasks and tells nobody.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        Cancel();
    }

    private long BeatAfter(long now) => _timing.IsOn ? now + _timing.HeartbeatMs : long.MaxValue;

    private void Transmit(ControlLink.Packet packet)
    {
        if (!_isAbandoned)
        {
            _owner.Transport.Send(_master, new MasterPacket(
                Job, Attempt, _owner.Transport.Node, packet.First, packet.Messages, packet.Received, packet.SentMs, packet.EchoMs, _life, packet.IsHeartbeat ? Metrics() : null));
        }
    }

    private void Take(ControlMessage message)
    {
        switch (message)
        {
            case DeploySubtasks:
                break;
            case CancelSubtasks:
                Cancel();
                break;
            case TriggerCheckpoint trigger:
                foreach ((SubtaskId id, Tasklet tasklet) in _tasklets)
                {
                    if (_deploy.Topology.Vertices[id.Vertex].IsSource)
                    {
                        tasklet.Trigger(trigger.Barrier);
                    }
                }

                break;
            case CompleteCheckpoint complete:
                foreach (Tasklet tasklet in _tasklets.Values)
                {
                    tasklet.Complete(complete.CheckpointId);
                }

                break;
            case AbortCheckpoint abort:
                foreach (Tasklet tasklet in _tasklets.Values)
                {
                    tasklet.Abort(abort.CheckpointId);
                }

                break;
            case AlignSources align:
                _alignments.Group(align.Group).Elsewhere = align.ReachedMs;
                break;
            case AssignSplits assign:
                _tasklets.GetValueOrDefault(assign.Subtask)?.AssignSplits(assign.Splits, assign.NoMore);
                break;
            default:
                throw new InvariantViolatedException($"{_owner.Name} got a command of the unknown type {message.GetType().Name}.");
        }
    }

    private void Cancel()
    {
        if (_isCancelled)
        {
            return;
        }

        _isCancelled = true;
        foreach (Tasklet tasklet in _tasklets.Values)
        {
            tasklet.Cancel();
        }

        if (_tasklets.Count == 0 && !_isReading)
        {
            AllStopped();
        }
    }

    // Before there were any.
    private void AllStopped()
    {
        foreach (SubtaskId id in _local)
        {
            OnEvent(new SubtaskStopped(Job, Attempt, id));
        }
    }

    private void OnEvent(SubtaskEvent e)
    {
        if (e is SubtaskStopped && !_alive.Remove(e.Subtask))
        {
            return;
        }

        if (_alive.Count == 0)
        {
            // The last counts, before the master learns of the end.
            _link.Beat(_owner.MonotonicMs);
        }

        Report(e);
        if (_alive.Count == 0)
        {
            foreach (PeerExchange peer in _peers.Values)
            {
                peer.Close();
            }
        }
    }

    private void Report(SubtaskEvent e) => _link.Send(e, _owner.MonotonicMs);

    private void Create()
    {
        string here = _owner.Transport.Node;
        for (int i = 0; i < _deploy.Topology.Edges.Count; i++)
        {
            TopologyEdge edge = _deploy.Topology.Edges[i];
            for (int from = 0; from < _deploy.Topology.Vertices[edge.From].Parallelism; from++)
            {
                foreach (int to in _deploy.Topology.TargetsOf(edge, from))
                {
                    ChannelId id = new(i, from, to);
                    string sender = _deploy.Places[new SubtaskId(edge.From, from)];
                    string receiver = _deploy.Places[new SubtaskId(edge.To, to)];
                    if (sender == here && receiver == here)
                    {
                        _channels.Add(id, new Channel(Memory, from, to));
                    }
                    else if (sender == here)
                    {
                        _channels.Add(id, Peer(receiver).AddSender(id, Memory));
                    }
                    else if (receiver == here)
                    {
                        _channels.Add(id, Peer(sender).AddReceiver(id));
                    }
                }
            }
        }

        Dictionary<SubtaskId, Tasklet> tasklets = [];
        foreach (SubtaskId id in _local)
        {
            TopologyVertex vertex = _deploy.Topology.Vertices[id.Vertex];
            TaskletSetup place = new()
            {
                Job = Job,
                Attempt = Attempt,
                Id = id,
                Name = $"{vertex.Name} ({id.Index + 1}/{vertex.Parallelism})",
                Store = _setup.Store,
                AlignBarriers = _setup.Options.Checkpointing.Mode == CheckpointMode.ExactlyOnce,
                RestoredCheckpoint = _restored?.CheckpointId ?? 0,
                TakesCheckpoints = _setup.Options.Checkpointing.Interval is not null,
            };
            tasklets.Add(id, new Tasklet(_owner.Host, place, e => _owner.Post(() => OnEvent(e))) { MayHaveOwnThread = _setup.Options.IsolateSlow });
        }

        _tasklets = tasklets;
        _peers = _creatingPeers;
        foreach (PeerExchange peer in _peers.Values)
        {
            _owner.Host.Start(peer, 0);
        }

        foreach ((SubtaskId id, Tasklet tasklet) in tasklets)
        {
            _owner.Host.Start(tasklet, id.Index);
            tasklet.Begin(owner => Build(owner, id));
        }
    }

    private PeerExchange Peer(string node)
    {
        if (!_creatingPeers.TryGetValue(node, out PeerExchange? peer))
        {
            peer = new PeerExchange(_owner.Host, Job, Attempt, node, _owner.Transport, Memory, (channel, isReceiver, error) => _owner.Post(() => OnExchangeFailed(channel, isReceiver, error)));
            _creatingPeers.Add(node, peer);
        }

        return peer;
    }

    private void OnExchangeFailed(ChannelId channel, bool isReceiver, Exception error)
    {
        TopologyEdge edge = _deploy.Topology.Edges[channel.Edge];
        Report(new SubtaskFailed(
            Job, Attempt, isReceiver ? new SubtaskId(edge.To, channel.To) : new SubtaskId(edge.From, channel.From), SubtaskFailure.Of(error)));
    }

    // In the background, with a call of Define of its own, so that function objects and captured variables belong to one subtask.
    private Chain Build(Tasklet owner, SubtaskId id)
    {
        JobPlan plan = JobPlan.Build(_setup.Create(), _setup.Options, _setup.DefaultParallelism, _restored?.MaxParallelism);
        if (plan.Hash != _deploy.Topology.PlanHash)
        {
            throw new JobDefinitionException(
                $"Define of job '{_setup.Name}' built two different graphs (plan hashes {_deploy.Topology.PlanHash} and {plan.Hash}). It may depend on its arguments only: not on time, random numbers, the environment or statics.");
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
            Host = _owner.Host,
            Serializers = serializers,
            Arguments = _setup.Options.Arguments,
            Job = _setup.Name,
            Incarnation = _deploy.Incarnation,
            Attempt = Attempt,
            RestoredCheckpoint = _restored?.CheckpointId ?? 0,
            IsRestored = _restored is not null,
            Alignments = _alignments,
            Owner = owner,
            MakeAgain = () => DefineAgain(node.Id),
        };
        return ChainBuilder.Build(
            plan, plan.Vertices[id.Vertex], id.Index, _setup.Options, (edge, from, to) => _channels[new ChannelId(edge.Id, from, to)], Place, uid => _restored?.Find(uid));
    }

    private StreamNode DefineAgain(int node)
    {
        StreamEnvironment env = new(_setup.Options.Arguments);
        _setup.Create().Define(env);
        return env.Nodes[node];
    }
}
