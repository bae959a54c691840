using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Operators;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.State;

/// <summary>What one operator had in a snapshot. Reads block on the store: used in the background, before the subtask starts.</summary>
internal sealed class RestoredOperator
{
    private readonly ICheckpointStore _store;
    private readonly IReadOnlyList<SubtaskSnapshot> _subtasks;
    private readonly OperatorMetadata _metadata;

    public RestoredOperator(ICheckpointStore store, OperatorMetadata metadata, IReadOnlyList<SubtaskSnapshot> subtasks)
    {
        _store = store;
        _metadata = metadata;
        _subtasks = subtasks;
    }

    public int MaxParallelism => _metadata.MaxParallelism;

    /// <summary>How many subtasks the operator had.</summary>
    public int Parallelism => _metadata.Parallelism;

    /// <summary>Reads the key groups that the subtask owns now into a state.</summary>
    public void ReadKeyed(IKeyedPart part, KeyGroupsOwned owned)
    {
        StateDescription now = part.Describe();
        StateDescription? written = Find(now.Name, now.Kind);
        if (written is null)
        {
            return;
        }

        foreach ((SubtaskSnapshot subtask, StateSection section) in Sections(now.Name, now.Kind))
        {
            if (owned.Contains(section.KeyGroup))
            {
                Located(now.Name, () => part.ReadGroup(section.KeyGroup, new DataReader(new SubtaskSnapshotReader(_store, subtask).Read(section)), written));
            }
        }
    }

    /// <summary>Deals the elements of an operator list out over the subtasks of now.</summary>
    public void ReadOperatorList<T>(string name, OperatorSetup setup, HeapOperatorList<T> list)
    {
        StateDescription? written = Find(name, StateSectionKind.OperatorList);
        if (written is null)
        {
            return;
        }

        long index = 0;
        foreach ((SubtaskSnapshot subtask, StateSection section) in Sections(name, StateSectionKind.OperatorList))
        {
            DataReader reader = new(new SubtaskSnapshotReader(_store, subtask).Read(section));
            Located(name, () => list.Read(reader, written, ref index, setup.Subtask, setup.Parallelism));
        }
    }

    /// <summary>Reads what every subtask wrote under a name, with the index of the subtask.</summary>
    public void ReadUnion(string name, Action<int, StateDescription, DataReader> read)
    {
        if (Find(name, StateSectionKind.OperatorUnion) is not { } written)
        {
            return;
        }

        foreach ((int subtask, byte[] bytes) in ReadAll(StateSectionKind.OperatorUnion, name))
        {
            Located(name, () => read(subtask, written, new DataReader(bytes)));
        }
    }

    /// <summary>The bytes of all sections of a kind, with the index of the subtask that wrote them.</summary>
    public IEnumerable<(int Subtask, byte[] Bytes)> ReadAll(StateSectionKind kind, string name)
    {
        foreach ((SubtaskSnapshot subtask, StateSection section) in Sections(name, kind))
        {
            yield return (subtask.Subtask.Index, new SubtaskSnapshotReader(_store, subtask).Read(section));
        }
    }

    /// <summary>Reads what was under way in an edge to the operator, part by part; nothing if nothing was.</summary>
    public void ReadInFlight(string name, Action<StateDescription, DataReader> read) => ReadSections(StateSectionKind.InFlight, name, read);

    /// <summary>Reads the sections of a kind in the order of the subtasks that wrote them, with how they were written; nothing if there are none.</summary>
    public void ReadSections(StateSectionKind kind, string name, Action<StateDescription, DataReader> read)
    {
        if (Find(name, kind) is not { } written)
        {
            return;
        }

        foreach ((SubtaskSnapshot subtask, StateSection section) in Sections(name, kind))
        {
            Located(name, () => read(written, new DataReader(new SubtaskSnapshotReader(_store, subtask).Read(section))));
        }
    }

    /// <summary>Whether records were under way in an edge of that name.</summary>
    public bool HasInFlight(string name) => Find(name, StateSectionKind.InFlight) is not null;

    private IEnumerable<(SubtaskSnapshot Subtask, StateSection Section)> Sections(string name, StateSectionKind kind)
    {
        foreach (SubtaskSnapshot subtask in _subtasks.OrderBy(s => s.Subtask.Index))
        {
            foreach (StateSection section in subtask.Sections)
            {
                if (section.Operator == _metadata.Uid && section.Name == name && section.Kind == kind)
                {
                    yield return (subtask, section);
                }
            }
        }
    }

    private StateDescription? Find(string name, StateSectionKind kind) => _metadata.States.FirstOrDefault(s => s.Name == name && s.Kind == kind);

    private void Located(string state, Action read)
    {
        try
        {
            read();
        }
        catch (StateRestoreException e)
        {
            throw new StateRestoreException($"Operator '{_metadata.Name}' (uid '{_metadata.Uid}'), state '{state}': {e.Message}", e);
        }
        catch (SerializationException e)
        {
            throw new StateRestoreException($"Operator '{_metadata.Name}' (uid '{_metadata.Uid}'), state '{state}' cannot be read: {e.Message}", e);
        }
    }
}
