using OrleansStream.Engine.KeyAccess;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Engine.Jobs;

/// <summary>One node that runs a job alone: a master and a task host in one process, which talk by the same messages as between nodes.</summary>
public static class LocalNode
{
    private const string Name = "local";

    /// <summary>Starts a job.</summary>
    /// <param name="host">Drives the master, the task host and the subtasks.</param>
    /// <param name="setup">The job.</param>
    /// <param name="ended">Called once, on the master's thread, when the job has ended.</param>
    /// <returns>The master. Any thread may call it.</returns>
    public static JobMaster Start(IEngineHost host, JobSetup setup, Action<JobOutcome> ended) => Start(host, setup, ended, out _);

    /// <inheritdoc cref="Start(IEngineHost, JobSetup, Action{JobOutcome})"/>
    /// <param name="host">Drives the master, the task host and the subtasks.</param>
    /// <param name="setup">The job.</param>
    /// <param name="ended">Called once, on the master's thread, when the job has ended.</param>
    /// <param name="keys">Takes requests to keys of the job. Any thread.</param>
    public static JobMaster Start(IEngineHost host, JobSetup setup, Action<JobOutcome> ended, out Action<KeyMail> keys)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(setup);
        Transport transport = new();
        TaskHost tasks = new(host, new TaskHostSetup { Transport = transport, FindJob = job => job == setup.Name ? setup : null, Timing = LeaseTiming.None });
        MasterPlace place = new()
        {
            Transport = transport,
            FindNodes = () => [new NodeSlots(Name, 1)],
            Timing = LeaseTiming.None,
            LocalMetrics = () => tasks.Metrics(setup.Name),
        };
        JobMaster master = new(host, setup, place, outcome =>
        {
            tasks.Close();
            ended(outcome);
        });
        keys = mail => tasks.Deliver(setup.Name, mail);
        transport.Connect(master, tasks);
        host.Start(tasks, -1);
        host.Start(master, -1);
        master.Begin();
        return master;
    }

    private sealed class Transport : ITransport
    {
        private JobMaster? _master;
        private TaskHost? _tasks;

        public string Node => Name;

        public void Connect(JobMaster master, TaskHost tasks)
        {
            _master = master;
            _tasks = tasks;
        }

        public void Send(string node, NodeMessage message)
        {
            if (message is MasterPacket or HostRefusal)
            {
                _master!.Receive(message);
            }
            else
            {
                _tasks!.Receive(message);
            }
        }
    }
}
