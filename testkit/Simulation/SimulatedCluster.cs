using System.Globalization;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.TestKit;

/// <summary>
/// Several nodes on the calling thread, in virtual time, with a network between them and one store. A seed decides what comes next: a step of a node, or a message that arrives. The same seed gives the same run,
/// step by step. Faults are the test's: it crashes, pauses and cuts off nodes between steps. One thread.
/// </summary>
public sealed class SimulatedCluster
{
    private const int RememberedEvents = 60;

    private readonly SeededRandom _random;
    private readonly long _seed;
    private readonly Queue<string> _events = new();
    private readonly List<SimulatedNode> _ready = [];
    private readonly Func<SimulatedNode, ICheckpointStore> _storeOf;
    private JobSetup _job;
    private ulong _trace = 14695981039346656037;

    /// <summary>Creates the cluster; all nodes are up, and none runs a master.</summary>
    /// <param name="seed">Decides about everything that is left open.</param>
    /// <param name="nodes">How many nodes.</param>
    /// <param name="job">The job; each node sees it with the store that <paramref name="storeOf"/> gives it.</param>
    /// <param name="storeOf">The store as a node sees it.</param>
    public SimulatedCluster(long seed, int nodes, JobSetup job, Func<SimulatedNode, ICheckpointStore> storeOf)
    {
        _seed = seed;
        _random = new SeededRandom(seed);
        _job = job ?? throw new ArgumentNullException(nameof(job));
        _storeOf = storeOf;
        Network = new SimulatedNetwork(new SeededRandom(seed ^ 0x5E77));
        NowMs = new SeededOptions().StartMs;
        Nodes = [.. Enumerable.Range(1, nodes).Select(i => new SimulatedNode(this, $"n{i.ToString(CultureInfo.InvariantCulture)}"))];
    }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<SimulatedNode> Nodes { get; private set; } = [];

    /// <summary>The network between them.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>The true time, in milliseconds since the Unix epoch.</summary>
    public long NowMs { get; private set; }

    /// <summary>Steps so far, all nodes together.</summary>
    public long Steps { get; private set; }

    /// <summary>Asked for each piece of background work of a node, as calls of the store and looks for splits are: how many milliseconds it waits before it may begin.</summary>
    public Func<long> WorkDelayMs { get; set; } = () => 0;

    /// <summary>How many steps take a millisecond.</summary>
    public int StepsPerMs { get; init; } = 20;

    /// <summary>A digest of all steps so far. Equal for equal seeds and faults.</summary>
    public ulong Trace => _trace;

    /// <summary>How often the job has been submitted.</summary>
    public int Submission { get; private set; } = 1;

    /// <summary>How the job ended that was submitted last; null while it has not.</summary>
    public JobOutcome? Outcome { get; private set; }

    /// <summary>Masters that found out that another one has taken over.</summary>
    public int Superseded { get; private set; }

    /// <summary>The last events, oldest first.</summary>
    public IReadOnlyCollection<string> Events => _events;

    internal string JobName => _job.Name;

    /// <summary>Submits the job again, with other options or another start. No master of it is started; those of an earlier submission that are alive go on with what they know.</summary>
    /// <param name="job">The job, of the same name.</param>
    public void Submit(JobSetup job)
    {
        _job = job ?? throw new ArgumentNullException(nameof(job));
        Submission++;
        Outcome = null;
    }

    /// <summary>Runs one step: of a node that has something to do, or the arrival of a message. If nothing can happen, time jumps.</summary>
    /// <param name="untilMs">Time does not jump further than this.</param>
    /// <returns>False if nothing happens until then.</returns>
    public bool Step(long untilMs = long.MaxValue)
    {
        while (true)
        {
            _ready.Clear();
            long next = Network.NextDueMs;
            foreach (SimulatedNode node in Nodes)
            {
                if (!node.IsUp || node.IsPaused)
                {
                    continue;
                }

                node.Host.SetTime(NowMs);
                long at = node.Host.NextTimeMs();
                if (at <= NowMs)
                {
                    _ready.Add(node);
                }

                next = Math.Min(next, at);
            }

            if (next > NowMs)
            {
                if (next == long.MaxValue || next > untilMs)
                {
                    return false;
                }

                NowMs = next;
                continue;
            }

            Steps++;
            if (Steps % StepsPerMs == 0)
            {
                NowMs++;
            }

            bool hasMail = Network.NextDueMs <= NowMs;
            int pick = _random.Next(_ready.Count + (hasMail ? 1 + (_ready.Count / 2) : 0));
            if (pick < _ready.Count)
            {
                _ready[pick].Host.StepNow();
                Mix(_ready[pick].Host.Trace);
            }
            else if (Network.Take(NowMs) is { } arrived)
            {
                Mix((ulong)arrived.Message.Attempt);
                Nodes.First(n => n.Name == arrived.To).Deliver(arrived.Message);
            }

            return true;
        }
    }

    /// <summary>The job's store without faults.</summary>
    public ICheckpointStore TrueStore => _job.Store;

    /// <summary>Nothing can happen by itself: time passes.</summary>
    /// <param name="timeMs">To when.</param>
    public void WaitUntil(long timeMs) => NowMs = Math.Max(NowMs, timeMs);

    /// <summary>Notes an event for the history that a failure shows.</summary>
    /// <param name="what">What happened.</param>
    public void Note(string what)
    {
        _events.Enqueue($"step {Steps.ToString(CultureInfo.InvariantCulture)}, {(NowMs - new SeededOptions().StartMs).ToString(CultureInfo.InvariantCulture)} ms: {what}");
        if (_events.Count > RememberedEvents)
        {
            _events.Dequeue();
        }
    }

    internal SeededHost NewHost(string node, int start)
    {
        long seed = _seed;
        foreach (char c in node)
        {
            seed = (seed * 31) + c;
        }

        return new SeededHost(new SeededOptions { Seed = (seed * 1_000_003) + start, StartMs = NowMs, StepLimit = long.MaxValue }) { WorkDelayMs = () => WorkDelayMs() };
    }

    internal JobSetup? SetupFor(SimulatedNode node, string job) => job == _job.Name ? _job with { Store = _storeOf(node), Owner = node.Name, TakesOver = true, Submission = Submission.ToString(CultureInfo.InvariantCulture) } : null;

    // Membership is slow, and wrong at times: a node that stands still or is cut off counts as there, unless it is suspected.
    internal IReadOnlyList<NodeSlots> FindNodes() => [.. Nodes.Where(n => n.IsUp && !n.IsSuspected).Select(n => new NodeSlots(n.Name, 1))];

    internal void Send(string from, string to, NodeMessage message) => Network.Send(from, to, message, NowMs);

    internal void OnOutcome(SimulatedNode node, JobOutcome outcome, int submission)
    {
        Note($"the master on {node.Name} ended: {outcome.State}{(outcome.Error is null ? "" : $", {outcome.Error.GetType().Name}: {outcome.Error.Message}")}");
        if (outcome.Error is SupersededException)
        {
            Superseded++;
            return;
        }

        // What became of an earlier submission is known.
        Outcome = submission == Submission ? Outcome ?? outcome : Outcome;
    }

    private void Mix(ulong value) => _trace = (_trace ^ value ^ (ulong)NowMs) * 1099511628211;
}
