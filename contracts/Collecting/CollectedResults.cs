using OrleansStream.Serialization;

namespace OrleansStream;

/// <summary>
/// Keeps what <see cref="CollectSink{T}"/> committed, in the memory of the host: for tests and small results. A host that offers it gives one object of it as a service to all its jobs. Any thread.
/// </summary>
public sealed class CollectedResults
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<CollectedPart, byte[]>> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _runs = new(StringComparer.Ordinal);

    /// <summary>Creates an empty collection.</summary>
    /// <param name="serializers">Writes and reads the records; by default one without registrations of an author's own.</param>
    public CollectedResults(SerializerRegistry? serializers = null)
    {
        Serializers = serializers ?? SerializerRegistry.CreateDefault();
    }

    /// <summary>Writes and reads the records.</summary>
    public SerializerRegistry Serializers { get; }

    /// <summary>
    /// The records that were committed under a name so far, each once: in the order of the checkpoints, then of the subtasks, then as written. Empty for a name that nothing was committed under.
    /// </summary>
    /// <typeparam name="T">The type of the records, as at the sink.</typeparam>
    /// <param name="name">The name that was given to the sink.</param>
    /// <exception cref="InvalidOperationException">The sink has records of another type.</exception>
    public IReadOnlyList<T> Get<T>(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        byte[][] parts;
        lock (_lock)
        {
            parts = _byName.TryGetValue(name, out SortedDictionary<CollectedPart, byte[]>? found) ? [.. found.Values] : [];
        }

        List<T> records = [];
        foreach (byte[] part in parts)
        {
            CollectedPart.ReadRecords(part, name, Serializers, records);
        }

        return records;
    }

    /// <summary>Forgets what was collected under a name.</summary>
    /// <param name="name">The name.</param>
    public void Clear(string name)
    {
        lock (_lock)
        {
            _byName.Remove(name);
        }
    }

    /// <summary>Takes a committable; one that was taken before changes nothing.</summary>
    internal void Add(string name, byte[] committable)
    {
        CollectedPart part = CollectedPart.ReadIdentity(new DataReader(committable));
        lock (_lock)
        {
            if (!_runs.TryGetValue(part.Incarnation, out int run))
            {
                _runs.Add(part.Incarnation, run = _runs.Count);
            }

            if (!_byName.TryGetValue(name, out SortedDictionary<CollectedPart, byte[]>? parts))
            {
                _byName.Add(name, parts = []);
            }

            parts.TryAdd(part with { Run = run }, committable);
        }
    }
}
