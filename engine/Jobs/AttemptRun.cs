using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Planning;

namespace OrleansStream.Engine.Jobs;

/// <summary>One attempt as its master sees it: which node runs what, what is alive, and the conversation with each node. On the master's thread.</summary>
internal sealed class AttemptRun
{
    private readonly JobMaster _master;
    private readonly MasterPlace _place;
    private readonly LeaseTiming _timing;
    private readonly ClaimedAttempt _claimed;
    private readonly string _job;
    private readonly Dictionary<SubtaskId, string> _places;
    private readonly SortedDictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<SubtaskId> _alive;
    private readonly HashSet<SubtaskId> _opening;
    private readonly HashSet<SubtaskId> _runningSources;
    private readonly AlignmentRelay _alignment;
    private long _nextBeatMs;

    public AttemptRun(JobMaster master, JobSetup setup, MasterPlace place, ClaimedAttempt claimed, IReadOnlyList<NodeSlots> nodes)
    {
        _master = master;
        _job = setup.Name;
        _place = place;
        _timing = place.Timing ?? LeaseTiming.Of(setup.Options);
        _claimed = claimed;
        _alignment = new AlignmentRelay(_job, claimed.Started.Attempt);
        _places = SlotTable.Place(claimed.Plan, nodes);
        _alive = [.. _places.Keys];
        _opening = [.. _alive];
        _runningSources = [.. _alive.Where(id => claimed.Plan.Vertices[id.Vertex].IsSource)];
        Committers = [.. _alive.Where(id => claimed.Plan.Vertices[id.Vertex].Nodes.Any(n => n.Kind == "sink" && n.IsStateful))];
        foreach (string node in _places.Values.Distinct())
        {
            _nodes.Add(node, new Node(node, new ControlLink(packet => Transmit(node, packet)), MonotonicMs));
        }
    }

    public int Attempt => _claimed.Started.Attempt;

    public ClaimedAttempt Claimed => _claimed;

    public JobPlan Plan => _claimed.Plan;

    public IReadOnlyCollection<SubtaskId> Subtasks => _places.Keys;

    public IReadOnlyDictionary<SubtaskId, string> Places => _places;

    public HashSet<SubtaskId> Committers { get; }

    public int AliveCount => _alive.Count;

    public int OpeningCount => _opening.Count;

    public int RunningSourceCount => _runningSources.Count;

    /// <summary>When <see cref="Tick"/> is to be called.</summary>
    public long NextTickMs => _nodes.Values.All(n => n.IsLost) ? long.MaxValue : _nextBeatMs;

    /// <summary>The newest metrics of all nodes.</summary>
    public IReadOnlyList<SubtaskMetrics> Metrics => [.. _nodes.Values.SelectMany(n => n.Metrics)];

    private long MonotonicMs => _master.Host.MonotonicNs / 1_000_000;

    public void Deploy()
    {
        _nextBeatMs = BeatAfter(_master.Host.NowMs);
        SendToAll(new DeploySubtasks(
            _job, Attempt, _claimed.Log.Incarnation, _claimed.Started.From, _claimed.Checkpoint, JobTopology.Of(_claimed.Plan), _places));
    }

    public void SendToAll(ControlMessage message)
    {
        foreach (Node node in _nodes.Values)
        {
            node.Link.Send(message, MonotonicMs);
        }
    }

    /// <summary>Sends to the node of a subtask.</summary>
    public void Send(SubtaskId subtask, ControlMessage message) => _nodes[_places[subtask]].Link.Send(message, MonotonicMs);

    /// <summary>A subtask runs.</summary>
    /// <returns>Whether it was the last that did not.</returns>
    public bool OnRunning(SubtaskId subtask) => _opening.Remove(subtask) && _opening.Count == 0;

    /// <summary>The input of a subtask has ended.</summary>
    /// <returns>Whether it was that of the last source.</returns>
    public bool OnInputEnded(SubtaskId subtask) => _runningSources.Remove(subtask) && _runningSources.Count == 0;

    public void OnStopped(SubtaskId subtask) => _alive.Remove(subtask);

    /// <summary>A packet of a node.</summary>
    /// <returns>The new messages in it, in order.</returns>
    public IReadOnlyList<ControlMessage> Receive(MasterPacket packet)
    {
        if (!_nodes.TryGetValue(packet.From, out Node? node) || node.IsLost)
        {
            return [];
        }

        node.HeardMs = MonotonicMs;
        node.Metrics = packet.Metrics ?? node.Metrics;
        IReadOnlyList<ControlMessage> messages = node.Link.Receive(packet, MonotonicMs);
        foreach (ControlMessage message in messages)
        {
            ProtocolInvariant.Require(16, message.Job == _job && message.Attempt == Attempt, $"{message} came in a packet of job '{_job}' attempt {Attempt}");
        }

        return messages;
    }

    /// <summary>Whether a packet is of a node that was started again since it was heard first: it has the subtasks from their beginning, and will not take what it was told before.</summary>
    /// <returns>Why the attempt fails; null if it is as it was.</returns>
    public NodeLostException? OnLife(MasterPacket packet)
    {
        if (!_nodes.TryGetValue(packet.From, out Node? node) || node.IsLost)
        {
            return null;
        }

        node.Life ??= packet.Life;
        return node.Life == packet.Life ? null : OnStartedAgain(node);
    }

    /// <summary>A node has no subtasks of the attempt.</summary>
    /// <returns>Why the attempt fails; null if the node has merely not begun.</returns>
    public NodeLostException? OnNotDeployed(string name)
    {
        // Before the first answer the refusal is about a packet that came ahead of the deployment, which is repeated.
        if (!_nodes.TryGetValue(name, out Node? node) || node.IsLost || !node.Link.IsAnswered)
        {
            return null;
        }

        return OnStartedAgain(node);
    }

    private NodeLostException? OnStartedAgain(Node node)
    {
        int lost = Lose(node);
        return lost == 0 ? null : new NodeLostException($"Node '{node.Name}' no longer has the {lost} subtasks of attempt {Attempt}: it was started again, or its lease ran out.");
    }

    /// <summary>The host has seen the end of a node, by membership.</summary>
    /// <returns>Why the attempt fails; null if the node ran nothing.</returns>
    public NodeLostException? OnNodeGone(string name)
    {
        if (!_nodes.TryGetValue(name, out Node? node) || node.IsLost)
        {
            return null;
        }

        int lost = Lose(node);
        return lost == 0 ? null : new NodeLostException($"Node '{name}' is gone, with {lost} subtasks of attempt {Attempt}.");
    }

    /// <summary>Sends heartbeats and looks for nodes that are silent.</summary>
    /// <returns>Why the attempt fails; null if nothing is lost.</returns>
    public NodeLostException? Tick()
    {
        long now = _master.Host.NowMs;
        if (!_timing.IsOn || (now < _nextBeatMs && _nextBeatMs <= now + _timing.HeartbeatMs))
        {
            return null;
        }

        _nextBeatMs = BeatAfter(now);
        NodeLostException? error = null;
        foreach (Node node in _nodes.Values.Where(n => !n.IsLost))
        {
            long silentMs = MonotonicMs - node.HeardMs;
            if (silentMs > _timing.LeaseMs)
            {
                int lost = Lose(node);
                error ??= lost == 0 ? null : new NodeLostException($"Node '{node.Name}' has been silent for {silentMs} ms, with {lost} subtasks of attempt {Attempt}.");
                continue;
            }

            node.Link.Beat(MonotonicMs);
        }

        if (_nodes.Count > 1)
        {
            foreach ((string name, AlignSources message) in _alignment.News([.. _nodes.Values.Where(n => !n.IsLost).Select(n => (n.Name, n.Metrics))]))
            {
                _nodes[name].Link.Send(message, MonotonicMs);
            }
        }

        return error;
    }

    // Its subtasks end by their lease; whatever they still do is fenced.
    private int Lose(Node node)
    {
        node.IsLost = true;
        return _alive.RemoveWhere(id => _places[id] == node.Name);
    }

    private long BeatAfter(long now) => _timing.IsOn ? now + _timing.HeartbeatMs : long.MaxValue;

    private void Transmit(string node, ControlLink.Packet packet) => _place.Transport.Send(
        node, new HostPacket(_job, Attempt, _place.Transport.Node, packet.First, packet.Messages, packet.Received, packet.SentMs, packet.EchoMs));

    private sealed class Node(string name, ControlLink link, long heardMs)
    {
        public string Name { get; } = name;

        public ControlLink Link { get; } = link;

        public long HeardMs { get; set; } = heardMs;

        public long? Life { get; set; }

        public bool IsLost { get; set; }

        public IReadOnlyList<SubtaskMetrics> Metrics { get; set; } = [];
    }
}
