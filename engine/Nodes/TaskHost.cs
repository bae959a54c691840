using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.KeyAccess;
using OrleansStream.Engine.Sources;

namespace OrleansStream.Engine.Nodes;

/// <summary>
/// Owns the subtasks of one node, by job and attempt. A state machine that its host drives: messages come by mail. It does what the job master says, under a lease: when it has not heard from the master
/// for the lease's time it stops the subtasks. A newer attempt of a job ends the older one here.
/// </summary>
public sealed class TaskHost : Runnable
{
    private readonly TaskHostSetup _setup;
    private readonly List<HostedAttempt> _attempts = [];
    private readonly Dictionary<string, int> _newest = new(StringComparer.Ordinal);
    private volatile HostedAttempt[] _visible = [];
    private bool _isClosing;

    /// <summary>Creates the task host of a node; <see cref="IEngineHost.Start"/> gets it going.</summary>
    /// <param name="host">The host.</param>
    /// <param name="setup">What it needs to know.</param>
    public TaskHost(IEngineHost host, TaskHostSetup setup) : base(host, $"task host {setup?.Transport.Node}")
    {
        ArgumentNullException.ThrowIfNull(setup);
        _setup = setup;
    }

    internal IReadOnlyList<HostedAttempt> Attempts => _visible;

    internal ITransport Transport => _setup.Transport;

    internal LeaseTiming TimingOf(JobSetup job) => _setup.Timing ?? LeaseTiming.Of(job.Options);

    internal long MonotonicMs => Host.MonotonicNs / 1_000_000;

    /// <summary>A message has come. Any thread.</summary>
    /// <param name="message">The message.</param>
    public void Receive(NodeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message is ExchangeFrame or ExchangeAnswer && Array.Find(_visible, a => a.Job == message.Job && a.Attempt == message.Attempt) is { } attempt)
        {
            // Data does not wait for control.
            attempt.Receive(message);
            return;
        }

        Post(() => Take(message));
    }

    /// <summary>
    /// Gives a request to the key that it names, if the subtask that owns the key is here; else the reply says where it is. Any thread.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="mail">The request.</param>
    public void Deliver(string job, KeyMail mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        if (Array.FindLast(_visible, a => a.Job == job) is { } attempt)
        {
            attempt.Deliver(mail);
        }
        else
        {
            mail.Refuse(KeyStatus.NotRunning, $"job '{job}' does not run on node '{Transport.Node}'.");
        }
    }

    /// <summary>Ends all subtasks, and then the task host. Any thread.</summary>
    public void Close() => Post(() =>
    {
        _isClosing = true;
        foreach (HostedAttempt attempt in _attempts)
        {
            attempt.Abandon();
        }
    });

    /// <summary>How the subtasks of a job stand that are here. Any thread: the local shortcut of a master in the same process; others get it with heartbeats.</summary>
    /// <param name="job">The job.</param>
    public IReadOnlyList<SubtaskMetrics> Metrics(string job) =>
        Array.FindLast(_visible, a => a.Job == job) is { } attempt ? attempt.Metrics() : [];

    /// <summary>Asks a subtask of a source where its splits stand. Any thread.</summary>
    /// <param name="job">The job.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="subtask">The subtask.</param>
    /// <param name="reply">Gets the splits, none for a subtask without a source, on the subtask's thread or the caller's; null if it does not run here at that attempt. A second call is to be ignored.</param>
    public void AskSplits(string job, int attempt, SubtaskId subtask, Action<IReadOnlyList<SplitStatus>?> reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        if (Array.Find(_visible, a => a.Job == job && a.Attempt == attempt)?.Find(subtask) is { } tasklet)
        {
            tasklet.AskSplits(reply);
        }
        else
        {
            reply(null);
        }
    }

    /// <summary>The attempts that have subtasks here, newest last. Any thread.</summary>
    public IReadOnlyList<HostedSubtasks> Hosted => [.. _visible.Select(a => a.Facts)];

    /// <summary>Bytes that wait in channels between nodes and count against the budget of their job; for metrics. Any thread.</summary>
    public long ExchangeBytes => _visible.Sum(a => a.Memory.Used);

    /// <inheritdoc/>
    public override string Describe() => string.Join("; ", _attempts.Select(a => a.Describe()));

    /// <inheritdoc/>
    public override Progress Run()
    {
        bool mail = TakeMail();
        long next = long.MaxValue;
        for (int i = _attempts.Count - 1; i >= 0; i--)
        {
            HostedAttempt attempt = _attempts[i];
            if (!attempt.IsBegun && !_attempts.Exists(a => a != attempt && a.Job == attempt.Job && a.Attempt < attempt.Attempt))
            {
                attempt.Begin();
            }

            attempt.Tick();
            if (attempt.IsOver)
            {
                _attempts.RemoveAt(i);
                Publish();
                // Another one may have waited for it.
                next = Host.NowMs;
            }

            next = Math.Min(next, attempt.NextTickMs);
        }

        NextWakeMs = next;
        if (!_isClosing || _attempts.Count > 0)
        {
            return mail ? Progress.Made : Progress.Idle;
        }

        AnswerFromNowOn();
        return Progress.Done;
    }

    private void Take(NodeMessage message)
    {
        if (_isClosing && _attempts.Count == 0)
        {
            return;
        }

        HostedAttempt? attempt = _attempts.Find(a => a.Job == message.Job && a.Attempt == message.Attempt);
        switch (message)
        {
            case HostPacket packet when attempt is null:
                Admit(packet);
                break;
            case HostPacket packet:
                attempt.TakePacket(packet);
                break;
            case MasterRefusal:
                attempt?.Abandon();
                break;
            case ExchangeRefusal refusal:
                if (attempt is not null && refusal.CurrentAttempt > attempt.Attempt)
                {
                    attempt.Abandon();
                }

                break;
            case ExchangeFrame:
                // One of an attempt that is not here yet comes again.
                if (_newest.GetValueOrDefault(message.Job) is { } newest && newest > message.Attempt)
                {
                    Transport.Send(message.From, new ExchangeRefusal(message.Job, message.Attempt, Transport.Node, RefusalReason.StaleAttempt, newest));
                }

                break;
            case ExchangeAnswer:
                break;
            default:
                throw new InvariantViolatedException($"{Name} got a message of the type {message.GetType().Name}, which is not for a task host.");
        }
    }

    private void Admit(HostPacket packet)
    {
        int newest = _newest.GetValueOrDefault(packet.Job);
        if (packet.Attempt <= newest || packet.First != 1 || packet.Messages is not [DeploySubtasks deploy, ..] || _isClosing || _setup.FindJob(packet.Job) is not { } job)
        {
            Transport.Send(packet.From, new HostRefusal(
                packet.Job, packet.Attempt, Transport.Node, packet.Attempt < newest ? RefusalReason.StaleAttempt : RefusalReason.NotDeployed, newest));
            return;
        }

        _newest[packet.Job] = packet.Attempt;
        foreach (HostedAttempt older in _attempts.Where(a => a.Job == packet.Job))
        {
            older.Abandon();
        }

        HostedAttempt attempt = new(this, job, deploy, packet.From);
        _attempts.Add(attempt);
        Publish();
        attempt.TakePacket(packet);
    }

    private void Publish() => _visible = [.. _attempts];
}
