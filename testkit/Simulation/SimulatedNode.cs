using OrleansStream.Engine;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.TestKit;

/// <summary>A node of a <see cref="SimulatedCluster"/>: a process with a task host, and with the master of the job while it runs one. One thread.</summary>
public sealed class SimulatedNode
{
    private readonly SimulatedCluster _cluster;
    private int _starts;

    internal SimulatedNode(SimulatedCluster cluster, string name)
    {
        _cluster = cluster;
        Name = name;
        Start();
    }

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>What drives the process; another one after each start.</summary>
    public SeededHost Host { get; private set; } = null!;

    /// <summary>The task host of the process.</summary>
    public TaskHost Tasks { get; private set; } = null!;

    /// <summary>The job master of the process; null if it runs none.</summary>
    public JobMaster? Master { get; private set; }

    /// <summary>Whether the process lives.</summary>
    public bool IsUp => !Host.HasCrashed;

    /// <summary>Whether the process stands still, as after SIGSTOP.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Whether membership takes the node for dead, rightly or not: nothing is deployed to it.</summary>
    public bool IsSuspected { get; set; }

    /// <summary>The process dies between two steps.</summary>
    public void Crash()
    {
        Host.Crash();
        Master = null;
        IsPaused = false;
    }

    /// <summary>Starts a new process of the same name, which knows nothing of the one before.</summary>
    public void Start()
    {
        _starts++;
        Host = _cluster.NewHost(Name, _starts);
        Transport transport = new(this);
        Tasks = new TaskHost(Host, new TaskHostSetup { Transport = transport, FindJob = job => _cluster.SetupFor(this, job) });
        Host.Start(Tasks, -1);
        Master = null;
    }

    /// <summary>Starts a master of the job here, beside others that may be alive elsewhere.</summary>
    /// <param name="mayBegin">Whether it may begin what was submitted; else it only takes over, see <see cref="JobSetup.MayBegin"/>.</param>
    public void StartMaster(bool mayBegin = true)
    {
        SeededHost process = Host;
        int submission = _cluster.Submission;
        JobSetup setup = _cluster.SetupFor(this, _cluster.JobName)! with { MayBegin = mayBegin };
        MasterPlace place = new() { Transport = new Transport(this), FindNodes = _cluster.FindNodes };
        Master = new JobMaster(process, setup, place, outcome =>
        {
            if (Host == process)
            {
                Master = null;
                _cluster.OnOutcome(this, outcome, submission);
            }
        });
        process.Start(Master, -1);
        Master.Begin();
    }

    internal void Deliver(NodeMessage message)
    {
        if (!IsUp)
        {
            return;
        }

        if (message is not (MasterPacket or HostRefusal))
        {
            Tasks.Receive(message);
        }
        else if (Master is not null)
        {
            Master.Receive(message);
        }
        else if (message is MasterPacket)
        {
            _cluster.Send(Name, message.From, new MasterRefusal(message.Job, message.Attempt, Name, RefusalReason.NotMine, 0));
        }
    }

    private sealed class Transport(SimulatedNode node) : ITransport
    {
        private readonly SeededHost _process = node.Host;

        public string Node => node.Name;

        public void Send(string to, NodeMessage message)
        {
            // Nothing leaves a process that is dead.
            if (node.Host == _process && node.IsUp)
            {
                node._cluster.Send(node.Name, to, message);
            }
        }
    }
}
