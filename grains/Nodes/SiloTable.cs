using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Grains;

/// <summary>
/// The silos as this one sees them: by membership, and by whether calls to their task hosts go through. A silo to which calls fail and that has not been heard for three heartbeats counts as lost before membership
/// says so; one that merely does not answer gets nothing new. Being wrong about either is safe, since attempts are fenced. Any thread.
/// </summary>
internal sealed partial class SiloTable(IClusterMembershipService membership, TaskHostClient client, ILogger<SiloTable> logger)
{
    private readonly ConcurrentDictionary<string, Contact> _contacts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SiloDescription> _descriptions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _asking = new(StringComparer.Ordinal);
    private volatile ImmutableSortedDictionary<string, SiloStatus> _silos = ImmutableSortedDictionary.Create<string, SiloStatus>(StringComparer.Ordinal);
    private TimeSpan _patience = TimeSpan.FromSeconds(3);

    /// <summary>Silos that are gone, by membership; told once each. On the thread pool.</summary>
    public event Action<string>? Gone;

    /// <summary>Whether a silo takes part, as far as membership knows.</summary>
    public bool IsActive(string node) => _silos.GetValueOrDefault(node) == SiloStatus.Active;

    /// <summary>Whether membership has declared a silo dead.</summary>
    public bool IsDead(string node) => _silos.GetValueOrDefault(node) == SiloStatus.Dead;

    /// <summary>Whether calls to a silo fail, and it has been silent for three heartbeats.</summary>
    public bool IsBroken(string node) => _contacts.TryGetValue(node, out Contact? contact) && contact.IsBroken(_patience);

    /// <summary>Whether calls to a silo fail or wait, and it has been silent for three heartbeats.</summary>
    public bool IsSilent(string node) => _contacts.TryGetValue(node, out Contact? contact) && contact.IsSilent(_patience);

    /// <summary>The silos that can take subtasks of a job now, in the order of their names.</summary>
    public IReadOnlyList<NodeSlots> NodesFor(JobSpec job) =>
    [
        .. from silo in _silos
           where silo.Value == SiloStatus.Active && !IsSilent(silo.Key)
           let description = _descriptions.GetValueOrDefault(silo.Key)
           where description is not null && (job.Package is not null || description.Builds.GetValueOrDefault(job.Job) == job.Build)
           select new NodeSlots(silo.Key, description.Workers),
    ];

    /// <summary>The worker threads of all silos that take part.</summary>
    public int AllWorkers => _silos.Where(s => s.Value == SiloStatus.Active).Sum(s => _descriptions.GetValueOrDefault(s.Key)?.Workers ?? 0);

    /// <summary>This silo itself, known without asking.</summary>
    public void AddSelf(string node, SiloDescription description, TimeSpan heartbeat)
    {
        _patience = 3 * heartbeat;
        _descriptions[node] = description;
    }

    /// <summary>A call to a silo's task host begins.</summary>
    public void CallBegins(string node) => _contacts.GetOrAdd(node, static _ => new Contact()).Begins();

    /// <summary>A call to a silo's task host has ended.</summary>
    public void CallEnded(string node, bool well) => _contacts.GetOrAdd(node, static _ => new Contact()).Ended(well);

    /// <summary>Something came from a silo.</summary>
    public void NoteHeard(string node) => _contacts.GetOrAdd(node, static _ => new Contact()).Heard();

    /// <summary>Silos whose contact is broken although membership has them.</summary>
    public IEnumerable<string> Broken => _silos.Where(s => s.Value != SiloStatus.Dead && IsBroken(s.Key)).Select(s => s.Key);

    /// <summary>Follows membership until the silo stops.</summary>
    public async Task FollowAsync(CancellationToken stop)
    {
        try
        {
            await foreach (ClusterMembershipSnapshot snapshot in membership.MembershipUpdates.WithCancellation(stop))
            {
                Take(snapshot);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>Asks active silos that have not said yet what they offer.</summary>
    public void AskUnknown()
    {
        foreach ((string node, SiloStatus status) in _silos)
        {
            if (status == SiloStatus.Active && !_descriptions.ContainsKey(node) && _asking.TryAdd(node, true))
            {
                _ = AskAsync(node);
            }
        }
    }

    private void Take(ClusterMembershipSnapshot snapshot)
    {
        ImmutableSortedDictionary<string, SiloStatus> before = _silos;
        _silos = snapshot.Members.Values.ToImmutableSortedDictionary(m => m.SiloAddress.ToParsableString(), m => m.Status, StringComparer.Ordinal);
        AskUnknown();
        // A row may also be deleted.
        IEnumerable<string> gone = before.Keys.Union(_silos.Keys).Where(node => !IsGone(before, node) && IsGone(_silos, node));
        foreach (string node in gone.Where(before.ContainsKey))
        {
            LogGone(logger, node);
            Gone?.Invoke(node);
            _contacts.TryRemove(node, out _);
            _descriptions.TryRemove(node, out _);
        }
    }

    private static bool IsGone(ImmutableSortedDictionary<string, SiloStatus> silos, string node) => !silos.TryGetValue(node, out SiloStatus status) || status == SiloStatus.Dead;

    private async Task AskAsync(string node)
    {
        try
        {
            _descriptions[node] = await client.At(SiloAddress.FromParsableString(node)).DescribeAsync();
        }
#pragma warning disable CA1031 // It is asked again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNoAnswer(logger, node, e.Message);
        }
        finally
        {
            _asking.TryRemove(node, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Node} is gone")]
    private static partial void LogGone(ILogger logger, string node);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Silo {Node} does not say what it offers: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, string node, string reason);

    private sealed class Contact
    {
        private readonly Lock _lock = new();
        private long _heardAt = Environment.TickCount64;
        private long _waitingSince;
        private int _underWay;
        private bool _fails;

        public void Begins()
        {
            lock (_lock)
            {
                if (_underWay++ == 0)
                {
                    _waitingSince = Environment.TickCount64;
                }
            }
        }

        public void Ended(bool well)
        {
            lock (_lock)
            {
                _underWay = Math.Max(0, _underWay - 1);
                _fails = !well;
                if (well)
                {
                    _heardAt = _waitingSince = Environment.TickCount64;
                }
            }
        }

        public void Heard()
        {
            lock (_lock)
            {
                _heardAt = Environment.TickCount64;
                _fails = false;
            }
        }

        public bool IsBroken(TimeSpan patience)
        {
            lock (_lock)
            {
                return _fails && Since(_heardAt) > patience;
            }
        }

        public bool IsSilent(TimeSpan patience)
        {
            lock (_lock)
            {
                return (_fails || (_underWay > 0 && Since(_waitingSince) > patience)) && Since(_heardAt) > patience;
            }
        }

        private static TimeSpan Since(long at) => TimeSpan.FromMilliseconds(Environment.TickCount64 - at);
    }
}
