using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Nodes;
using OrleansStream.Hosting;
using OrleansStream.Hosting.Workers;

namespace OrleansStream.Grains;

/// <summary>
/// What a silo is to the engine: its worker threads, its task host, the job masters that run here. Lives and dies with the silo. Grains are fronts of it: no activation owns any of this, so that the directory may
/// drop activations as it likes. Any thread.
/// </summary>
internal sealed partial class SiloNode
{
    private const int EndedKept = 100;
    private readonly ConcurrentDictionary<string, RunningMaster> _masters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, EndedJob> _ended = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, JobSighting> _sightings = new(StringComparer.Ordinal);
    private readonly Lock _starting = new();
    private readonly WorkerHost _host;
    private readonly ILogger<SiloNode> _logger;
    private volatile bool _isStopped;

    public SiloNode(
        ILocalSiloDetails silo, IOptions<OrleansStreamSiloOptions> options, IJobCatalog catalog, SiloTable silos, TaskHostClient client, IServiceProvider services, ILogger<SiloNode> logger)
    {
        Address = silo.SiloAddress;
        Name = Address.ToParsableString();
        Silos = silos;
        _logger = logger;
        OrleansStreamSiloOptions own = options.Value;
        Description = new SiloDescription(own.Workers, new Dictionary<string, string>(catalog.Builds));
        Jobs = new KnownJobs(catalog, own, $"silo {silo.Name} at {Name}");
        silos.AddSelf(Name, Description, own.Heartbeat);
        silos.Gone += OnGone;
        _host = new WorkerHost(own.Workers, new ClusterServices(services), logger);
        Transport = new SiloTransport(this, client, silos);
        Tasks = new TaskHost(_host, new TaskHostSetup { Transport = Transport, FindJob = Jobs.SetupOf });
        _host.Start(Tasks, -1);
    }

    public SiloAddress Address { get; }

    /// <summary>The name by which the engine knows this silo: its address with the generation.</summary>
    public string Name { get; }

    public SiloDescription Description { get; }

    public SiloTable Silos { get; }

    public KnownJobs Jobs { get; }

    public TaskHost Tasks { get; }

    public SiloTransport Transport { get; }

    /// <summary>A job has ended. On the control thread.</summary>
    public event Action<EndedJob>? JobEnded;

    /// <summary>The master of a submission, if it runs here.</summary>
    public RunningMaster? FindMaster(string submission) => _masters.Values.FirstOrDefault(m => m.Spec.Id == submission);

    /// <summary>What stays of a submission whose master ended here; null if none did, or too long ago.</summary>
    public EndedJob? FindEnded(string submission) => _ended.GetValueOrDefault(submission);

    /// <summary>How a subtask stands that runs here at an attempt; null if it does not.</summary>
    public SubtaskMetrics? FindSubtask(string submission, int attempt, int vertex, int subtask)
    {
        HostedSubtasks? hosted = FindHosted(submission, attempt);
        return hosted is null ? null : Tasks.Metrics(hosted.Job).FirstOrDefault(m => m.Subtask == new SubtaskId(vertex, subtask));
    }

    /// <summary>The splits of a source subtask and where they stand, as its thread sees them; none if it does not run here at the attempt.</summary>
    public Task<IReadOnlyList<SplitReport>> FindSplitsAsync(string submission, int attempt, int vertex, int subtask)
    {
        TaskCompletionSource<IReadOnlyList<SplitReport>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (FindHosted(submission, attempt) is { } hosted)
        {
            Tasks.AskSplits(hosted.Job, attempt, new SubtaskId(vertex, subtask), splits => answer.TrySetResult([.. (splits ?? []).Select(SplitReport.Of)]));
        }
        else
        {
            answer.SetResult([]);
        }

        return answer.Task;
    }

    /// <summary>The masters that run here.</summary>
    public ICollection<RunningMaster> Masters => _masters.Values;

    /// <summary>Messages of another silo.</summary>
    public void Deliver(NodeParcel parcel)
    {
        string? from = null;
        foreach (NodeMessage message in parcel.Messages)
        {
            if (from != message.From)
            {
                from = message.From;
                Silos.NoteHeard(from);
            }

            Deliver(message);
        }
    }

    /// <summary>A message for the task host or a master here.</summary>
    public void Deliver(NodeMessage message)
    {
        if (message is not (MasterPacket or HostRefusal))
        {
            Tasks.Receive(message);
        }
        else if (_masters.TryGetValue(message.Job, out RunningMaster? running))
        {
            running.Master.Receive(message);
        }
        else if (message is MasterPacket)
        {
            Transport.Send(message.From, new MasterRefusal(message.Job, message.Attempt, Name, RefusalReason.NotMine, 0));
        }
    }

    /// <summary>Starts the master of a job here, unless it runs here already.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="mayBegin">Whether it may begin a job that has no attempt in the log yet; only the dispatcher knows that nobody else did.</param>
    /// <exception cref="OptionsException">This silo cannot run the job.</exception>
    public async Task<RunningMaster> EnsureMasterAsync(JobSpec spec, bool mayBegin)
    {
        JobSetup setup = await Jobs.AddAsync(spec).ConfigureAwait(false);
        lock (_starting)
        {
            if (FindMaster(spec.Id) is { } there)
            {
                return there;
            }

            if (_isStopped)
            {
                throw new OrleansException($"Silo {Name} stops, so the master of job '{spec.Name}' cannot run here.");
            }

            // One of an earlier submission that has not noticed yet: the log will tell it.
            _masters.TryRemove(spec.Name, out _);
            RunningMaster running = new(spec, setup.History);
            MasterPlace place = new() { Transport = Transport, FindNodes = () => Silos.NodesFor(spec) };
            running.Master = new JobMaster(_host, setup with { MayBegin = mayBegin }, place, outcome => OnEnded(running, outcome));
            _masters[spec.Name] = running;
            _ended.TryRemove(spec.Id, out _);
            _host.Start(running.Master, -1);
            running.Master.Begin();
            LogMaster(_logger, spec.Name, spec.Id);
            return running;
        }
    }

    /// <summary>Silos that do not answer: the masters here go on without them. Jobs that nothing here needs are forgotten. Called now and then.</summary>
    public void LookForBroken()
    {
        Silos.AskUnknown();
        Jobs.Forget(
            spec => FindMaster(spec.Id) is not null || _sightings.ContainsKey(spec.Name) || Tasks.Hosted.Any(a => a.Job == spec.Name),
            spec => FindEnded(spec.Id) is not null);
        if (_masters.IsEmpty)
        {
            return;
        }

        foreach (string node in Silos.Broken)
        {
            NodeGone(node);
        }
    }

    /// <summary>The job of an id, if this silo has or had subtasks of it and has not learned since that it goes on elsewhere.</summary>
    public JobSighting? FindSighting(string submission) => _sightings.Values.FirstOrDefault(s => s.Spec.Id == submission);

    /// <summary>The jobs whose grains are to be told of this silo's subtasks. Called by the heartbeat only.</summary>
    public IEnumerable<JobSighting> TakeSightings()
    {
        IReadOnlyList<HostedSubtasks> hosted = Tasks.Hosted;
        foreach (HostedSubtasks attempt in hosted)
        {
            if (Jobs.SpecOf(attempt.Job) is { } spec)
            {
                JobSighting now = new(spec, attempt.Attempt, attempt.Master, attempt.IsAbandoned);
                _sightings.AddOrUpdate(attempt.Job, now, (_, before) => before.Attempt > now.Attempt ? before : now);
            }
        }

        foreach ((string job, JobSighting sighting) in _sightings)
        {
            if (!sighting.IsOver && !hosted.Any(a => a.Job == job))
            {
                _sightings.TryUpdate(job, sighting with { IsOver = true }, sighting);
            }
        }

        return [.. _sightings.Values];
    }

    /// <summary>What a job's grain has answered: one that goes on elsewhere, or has ended, is forgotten once its subtasks are gone.</summary>
    public void NoteAnswer(JobSighting sighting, JobHeartbeatAnswer answer)
    {
        if (sighting.IsOver && answer != JobHeartbeatAnswer.Unknown)
        {
            _sightings.TryRemove(KeyValuePair.Create(sighting.Spec.Name, sighting));
        }
    }

    /// <summary>Whether it was halted: nothing runs here any more, and nothing will.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>Stops at once, as a process that ends: nothing is told to anybody.</summary>
    public void Halt()
    {
        lock (_starting)
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
        }

        Silos.Gone -= OnGone;
        _host.Dispose();
        _masters.Clear();
    }

    private HostedSubtasks? FindHosted(string submission, int attempt) =>
        Tasks.Hosted.FirstOrDefault(a => a.Attempt == attempt && !a.IsAbandoned && Jobs.SpecOf(a.Job)?.Id == submission);

    private void OnGone(string node)
    {
        Transport.Forget(node);
        NodeGone(node);
    }

    private void NodeGone(string node)
    {
        foreach (RunningMaster running in _masters.Values)
        {
            running.Master.NodeGone(node);
        }
    }

    private void OnEnded(RunningMaster running, JobOutcome outcome)
    {
        if (outcome.Error is SupersededException)
        {
            // The job goes on elsewhere.
            _masters.TryRemove(KeyValuePair.Create(running.Spec.Name, running));
            LogSuperseded(_logger, running.Spec.Name, outcome.Error.Message);
            return;
        }

        EndedJob ended = running.ToEnded(outcome);
        _ended[running.Spec.Id] = ended;
        foreach (EndedJob old in _ended.Values.OrderByDescending(e => e.End.At).Skip(EndedKept).ToArray())
        {
            _ended.TryRemove(old.Spec.Id, out _);
        }

        _masters.TryRemove(KeyValuePair.Create(running.Spec.Name, running));
        JobEnded?.Invoke(ended);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The master of job '{Job}' on this silo stops: {Reason}")]
    private static partial void LogSuperseded(ILogger logger, string job, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The master of job '{Job}' ({Id}) runs on this silo")]
    private static partial void LogMaster(ILogger logger, string job, string id);
}
