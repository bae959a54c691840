using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.InFlight;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.State;

/// <summary>
/// What the operators of a subtask put into one snapshot: views and bytes, taken on the subtask's thread at the barrier, and work for sinks; written by a background thread.
/// </summary>
internal sealed class SnapshotCollector(long checkpointId)
{
    private readonly List<Keyed> _keyed = [];
    private readonly List<(string Uid, string Name, StateSectionKind Kind, IEnumerable<ReadOnlyMemory<byte>> Bytes)> _bytes = [];
    private readonly List<(string Uid, StateDescription Description, Func<IEnumerable<ReadOnlyMemory<byte>>?> Work)> _work = [];
    private readonly Dictionary<InFlightEdge, List<InFlightSequence>> _inFlight = [];
    private readonly Dictionary<string, List<StateDescription>> _descriptions = new(StringComparer.Ordinal);

    public long CheckpointId { get; } = checkpointId;

    /// <summary>The states of each operator, by uid.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<StateDescription>> Descriptions =>
        _descriptions.ToDictionary(d => d.Key, d => (IReadOnlyList<StateDescription>)d.Value);

    public void AddKeyed(string uid, StateDescription description, IFrozenPart part, KeyGroupsOwned owned)
    {
        Describe(uid, description);
        _keyed.Add(new Keyed(uid, description, part, owned));
    }

    public void AddBytes(string uid, StateDescription description, byte[] bytes)
    {
        Describe(uid, description);
        _bytes.Add((uid, description.Name, description.Kind, [bytes]));
    }

    /// <summary>Adds a section whose bytes are made in the background, for example by a sink that ends its epoch; piece by piece while it is written, since they may be many; null gives no section.</summary>
    public void AddWork(string uid, StateDescription description, Func<IEnumerable<ReadOnlyMemory<byte>>?> work)
    {
        Describe(uid, description);
        _work.Add((uid, description, work));
    }

    /// <summary>Adds what is under way between two subtasks. It may grow until the snapshot is written.</summary>
    public void AddInFlight(InFlightEdge edge, InFlightSequence sequence)
    {
        if (!_inFlight.TryGetValue(edge, out List<InFlightSequence>? sequences))
        {
            _inFlight.Add(edge, sequences = []);
            Describe(edge.Uid, edge.Description);
        }

        sequences.Add(sequence);
    }

    /// <summary>
    /// Does the work of the sinks; in the background, before <see cref="Write"/> and whether or not the store works: an epoch has ended once and for all, and what it holds
    /// belongs to the next checkpoint if this one fails.
    /// </summary>
    public void Prepare()
    {
        foreach ((string uid, StateDescription description, Func<IEnumerable<ReadOnlyMemory<byte>>?> work) in _work)
        {
            if (work() is { } bytes)
            {
                _bytes.Add((uid, description.Name, description.Kind, bytes));
            }
        }

        _work.Clear();
    }

    /// <summary>Writes everything; in the background. Throws what the store throws.</summary>
    public void Write(SubtaskSnapshotWriter writer)
    {
        Prepare();
        foreach ((string uid, string name, StateSectionKind kind, IEnumerable<ReadOnlyMemory<byte>> bytes) in _bytes)
        {
            Section(writer, uid, name, kind, bytes);
        }

        foreach ((InFlightEdge edge, List<InFlightSequence> sequences) in _inFlight.OrderBy(e => e.Key.Uid, StringComparer.Ordinal).ThenBy(e => e.Key.Name, StringComparer.Ordinal))
        {
            Section(writer, edge.Uid, edge.Name, StateSectionKind.InFlight, [edge.Write(sequences)]);
        }

        DataWriter buffer = new(1 << 16);
        foreach (Keyed keyed in _keyed)
        {
            for (int group = keyed.Owned.First; group <= keyed.Owned.Last; group++)
            {
                buffer.Clear();
                keyed.Part.WriteGroup(group, buffer);
                if (buffer.Position > 0)
                {
                    writer.BeginSection(keyed.Uid, keyed.Description.Name, keyed.Description.Kind, group);
                    writer.Write(buffer.WrittenSpan);
                    writer.EndSection();
                }
            }
        }
    }

    /// <summary>Gives the views back; on the subtask's thread.</summary>
    public void Release()
    {
        foreach (Keyed keyed in _keyed)
        {
            keyed.Part.Release();
        }

        _keyed.Clear();
    }

    private static void Section(SubtaskSnapshotWriter writer, string uid, string name, StateSectionKind kind, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        writer.BeginSection(uid, name, kind);
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            writer.Write(piece.Span);
        }

        writer.EndSection();
    }

    private void Describe(string uid, StateDescription description)
    {
        if (!_descriptions.TryGetValue(uid, out List<StateDescription>? list))
        {
            _descriptions.Add(uid, list = []);
        }

        list.Add(description);
    }

    private readonly record struct Keyed(string Uid, StateDescription Description, IFrozenPart Part, KeyGroupsOwned Owned);
}
