using System.Globalization;
using OrleansStream.Checkpointing;

namespace OrleansStream.Simulation;

/// <summary>What goes wrong in a run, and when: all of it follows from the seed. Faults happen until <see cref="UntilMs"/>; then everything is repaired.</summary>
internal sealed class FaultPlan
{
    private readonly SeededRandom _random;
    private readonly SeededRandom _storeRandom;
    private readonly PriorityQueue<Action, (long DueMs, int Order)> _due = new();
    private readonly SortedDictionary<string, int> _injected = new(StringComparer.Ordinal);
    private readonly double _storeFaults;
    private readonly double _commitFaults;
    private readonly double _slowWork;
    private World? _world;
    private int _order;
    private int _stepsToGo;
    private bool _isOver;

    public FaultPlan(long seed, long startMs)
    {
        _random = new SeededRandom(seed ^ 0xFA17);
        _storeRandom = new SeededRandom(seed ^ 0x5702E);
        Nodes = 2 + _random.Next(3);
        Loss = Pick(0, 0, 0.02, 0.15);
        Repeats = Pick(0, 0, 0.02, 0.15);
        MaxDelayMs = Pick(1, 5, 40);
        Events = Pick(0, 3, 8, 20);
        Stragglers = Pick(0, 0, 0.01, 0.1);
        Ghosts = Pick(0, 0, 0.1, 0.5);
        _commitFaults = Pick(0, 0, 0.05, 0.4);
        _storeFaults = Pick(0, 0, 0.002, 0.02);
        _slowWork = Pick(0, 0, 0.05, 0.3);
        UntilMs = startMs + 4000 + _random.Next(8000);
        StartMs = startMs;
    }

    public int Nodes { get; }

    public double Loss { get; }

    public double Repeats { get; }

    public int MaxDelayMs { get; }

    public int Events { get; }

    public double Stragglers { get; }

    public double Ghosts { get; }

    public long StartMs { get; }

    public long UntilMs { get; private set; }

    public int Crashes { get; private set; }

    /// <summary>When the next planned event is due.</summary>
    public long NextDueMs => _due.TryPeek(out _, out (long DueMs, int Order) when) ? when.DueMs : long.MaxValue;

    /// <summary>What was injected, by kind.</summary>
    public IReadOnlyDictionary<string, int> Injected => _injected;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"nodes {Nodes}, loss {Loss}, repeats {Repeats}, stragglers {Stragglers}, ghosts {Ghosts}, delay up to {MaxDelayMs} ms, store faults {_storeFaults}, commit faults {_commitFaults}, slow work {_slowWork}, {Events} events until {UntilMs - StartMs} ms");

    /// <summary>Decides about one operation of the store.</summary>
    public StoreFault AtStore(StoreOperation operation)
    {
        if (_isOver || _storeFaults == 0 || _storeRandom.NextDouble() >= _storeFaults)
        {
            return StoreFault.None;
        }

        CheckpointStorageException error = new($"'{operation.Path}': the simulation says so. Try again.");
        bool isWrite = operation.Kind is StoreOperationKind.Write;
        int kind = _storeRandom.Next(isWrite ? 3 : 2);
        Count(kind switch { 0 => "store failed", 1 => "store answer lost", _ => "store write torn" });
        return kind switch { 0 => StoreFault.Fails(error), 1 => StoreFault.FailsAfter(error), _ => StoreFault.Breaks(_storeRandom.Next(operation.Length + 1), error) };
    }

    /// <summary>Decides about one commit.</summary>
    public StoreFault AtCommit()
    {
        if (_isOver || _commitFaults == 0 || _storeRandom.NextDouble() >= _commitFaults)
        {
            return StoreFault.None;
        }

        ConnectorException error = new("The world did not answer: the simulation says so. Try again.", canRetry: true);
        bool isDone = _storeRandom.Next(2) == 0;
        Count(isDone ? "commit answer lost" : "commit failed");
        return isDone ? StoreFault.FailsAfter(error) : StoreFault.Fails(error);
    }

    /// <summary>Decides how long a piece of background work waits: one call of a store that takes long, a thread that does not come to its turn.</summary>
    public long WorkDelayMs()
    {
        if (_isOver || _slowWork == 0 || _storeRandom.NextDouble() >= _slowWork)
        {
            return 0;
        }

        Count("slow work");
        return 1 + _storeRandom.Next(_storeRandom.Next(4) == 0 ? 2000 : 100);
    }

    /// <summary>Plans the faults of a run.</summary>
    public void Begin(SimulatedCluster cluster, World world)
    {
        _world = world;
        world.AtCommit = AtCommit;
        cluster.WorkDelayMs = WorkDelayMs;
        cluster.Network.Stragglers = Stragglers;
        cluster.Network.Ghosts = Ghosts;
        cluster.Network.Loss = Loss;
        cluster.Network.Repeats = Repeats;
        cluster.Network.MaxDelayMs = MaxDelayMs;
        for (int i = 0; i < Events; i++)
        {
            At(StartMs + _random.Next((int)(UntilMs - StartMs)), () => Inject(cluster));
        }

        At(UntilMs, () => EndNow(cluster));
    }

    /// <summary>Does what is due; called between any two steps.</summary>
    public void Run(SimulatedCluster cluster)
    {
        if (!_due.TryPeek(out Action? action, out (long DueMs, int Order) when) || when.DueMs > cluster.NowMs)
        {
            return;
        }

        // At any step of that millisecond and a little later.
        if (_stepsToGo-- > 0)
        {
            return;
        }

        _stepsToGo = _random.Next(40);
        _due.Dequeue();
        action();
    }

    /// <summary>Whether what was submitted has begun, so that a master that is started now must not begin it.</summary>
    public Func<bool> HasBegun { get; set; } = () => true;

    /// <summary>Sees to it that a master is alive, as a reminder does.</summary>
    public void EnsureMaster(SimulatedCluster cluster, ref long lookAtMs)
    {
        if (cluster.NowMs < lookAtMs || cluster.Outcome is not null)
        {
            return;
        }

        lookAtMs = cluster.NowMs + 100 + _random.Next(1000);
        if (cluster.Nodes.All(n => n.Master is null))
        {
            StartMaster(cluster);
        }
    }

    /// <summary>All nodes crash; they come back after a while.</summary>
    public void CrashAll(SimulatedCluster cluster)
    {
        foreach (SimulatedNode node in cluster.Nodes)
        {
            Crash(cluster, node, 1 + _random.Next(400));
        }
    }

    /// <summary>A node crashes at one of the next steps, if faults are still allowed.</summary>
    public void CrashSoon(SimulatedCluster cluster)
    {
        if (!_isOver)
        {
            SimulatedNode node = cluster.Nodes[_random.Next(cluster.Nodes.Count)];
            At(cluster.NowMs, () => Crash(cluster, node, 1 + _random.Next(400)));
        }
    }

    /// <summary>From now on nothing fails any more.</summary>
    public void EndNow(SimulatedCluster cluster)
    {
        if (!_isOver)
        {
            UntilMs = cluster.NowMs;
            End(cluster);
        }
    }

    private void Inject(SimulatedCluster cluster)
    {
        SimulatedNode node = cluster.Nodes[_random.Next(cluster.Nodes.Count)];
        SimulatedNode other = cluster.Nodes[_random.Next(cluster.Nodes.Count)];
        int lasting = 1 + _random.Next(_random.Next(3) == 0 ? 5000 : 400);
        switch (_random.Next(9))
        {
            case 0:
            case 1:
                Crash(cluster, node, lasting);
                break;
            case 2 when cluster.Nodes.FirstOrDefault(n => n.Master is not null) is { } master:
                Crash(cluster, master, lasting);
                Count("master crashed");
                break;
            case 3 when node.IsUp && !node.IsPaused:
                node.IsPaused = true;
                Happened(cluster, "pause", $"{node.Name} stands still for {lasting} ms");
                SuspectPerhaps(cluster, node, lasting);
                At(cluster.NowMs + lasting, () =>
                {
                    node.IsPaused = false;
                    cluster.Note($"{node.Name} goes on");
                });
                break;
            case 4 when node != other:
                cluster.Network.Cut(node.Name, other.Name, true);
                Happened(cluster, "partition", $"{node.Name} and {other.Name} are cut off for {lasting} ms");
                SuspectPerhaps(cluster, node, lasting);
                At(cluster.NowMs + lasting, () => cluster.Network.Cut(node.Name, other.Name, false));
                break;
            case 5 when node.IsUp:
                node.Host.ClockOffsetMs = _random.Next(20_000) - 10_000;
                Happened(cluster, "clock jump", $"the clock of {node.Name} is wrong by {node.Host.ClockOffsetMs} ms");
                break;
            case 6 when node.IsUp:
                SeededHost process = node.Host;
                process.HoldsBackground = true;
                Happened(cluster, "slow store", $"the store does not answer {node.Name} for {lasting} ms");
                At(cluster.NowMs + lasting, () => process.HoldsBackground = false);
                break;
            case 7:
                StartMaster(cluster);
                Count("second master");
                break;
            case 8:
                _world!.Accept(false);
                Happened(cluster, "slow sink", $"the world takes nothing for {lasting} ms");
                At(cluster.NowMs + lasting, () => _world.Accept(true));
                break;
            default:
                break;
        }
    }

    // Membership takes a node for dead that is not: it goes on with an older attempt while the others have a newer one.
    private void SuspectPerhaps(SimulatedCluster cluster, SimulatedNode node, int lasting)
    {
        if (_random.Next(2) == 0)
        {
            return;
        }

        node.IsSuspected = true;
        Happened(cluster, "wrong suspicion", $"{node.Name} is taken for dead");
        TellMasters(cluster, node);
        At(cluster.NowMs + lasting + _random.Next(1000), () => node.IsSuspected = false);
    }

    private static void TellMasters(SimulatedCluster cluster, SimulatedNode gone)
    {
        foreach (SimulatedNode node in cluster.Nodes)
        {
            node.Master?.NodeGone(gone.Name);
        }
    }

    public void Crash(SimulatedCluster cluster, SimulatedNode node, int lasting)
    {
        if (!node.IsUp)
        {
            return;
        }

        Crashes++;
        node.Crash();
        Happened(cluster, "node crash", $"{node.Name} crashes");
        if (_random.Next(2) == 0)
        {
            TellMasters(cluster, node);
        }

        At(cluster.NowMs + lasting, () => Restart(cluster, node));
    }

    private static void Restart(SimulatedCluster cluster, SimulatedNode node)
    {
        if (!node.IsUp)
        {
            node.Start();
            cluster.Note($"{node.Name} is up again");
        }
    }

    private void StartMaster(SimulatedCluster cluster)
    {
        SimulatedNode[] able = [.. cluster.Nodes.Where(n => n.IsUp && !n.IsPaused && n.Master is null)];
        if (able.Length > 0 && cluster.Outcome is null)
        {
            SimulatedNode node = able[_random.Next(able.Length)];
            cluster.Note($"a master begins on {node.Name}");
            node.StartMaster(mayBegin: !HasBegun());
        }
    }

    private void End(SimulatedCluster cluster)
    {
        _isOver = true;
        _due.Clear();
        cluster.Note("no more faults");
        cluster.Network.Heal();
        _world!.Accept(true);
        foreach (SimulatedNode node in cluster.Nodes)
        {
            Restart(cluster, node);
            node.IsPaused = false;
            node.IsSuspected = false;
            node.Host.HoldsBackground = false;
        }
    }

    private void Happened(SimulatedCluster cluster, string kind, string what)
    {
        Count(kind);
        cluster.Note(what);
    }

    private void Count(string kind) => _injected[kind] = _injected.GetValueOrDefault(kind) + 1;

    private void At(long dueMs, Action action) => _due.Enqueue(action, (dueMs, ++_order));

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}
