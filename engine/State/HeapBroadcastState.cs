using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Operators;
using OrleansStream.Serialization;
using OrleansStream.State;

namespace OrleansStream.Engine.State;

/// <summary>Whether an operator is processing a broadcast record: only then may broadcast state change.</summary>
internal sealed class BroadcastPhase
{
    public bool IsOn;
}

/// <summary>Broadcast state of one subtask. Every subtask stores its copy; after a restore a subtask takes that of one of them.</summary>
internal sealed class HeapBroadcastState<TMapKey, TMapValue>(string name, OperatorSetup setup, BroadcastPhase phase) : BroadcastState<TMapKey, TMapValue>, IOperatorList
    where TMapKey : notnull
{
    private readonly TypeSerializer<Dictionary<TMapKey, TMapValue>> _serializer = setup.Serializers.Get<Dictionary<TMapKey, TMapValue>>();
    private Dictionary<TMapKey, TMapValue> _map = [];
    private bool _isRead;

    public override IReadOnlyDictionary<TMapKey, TMapValue> Entries => _map;

    public override void Set(TMapKey mapKey, TMapValue value)
    {
        RequireBroadcast();
        _map[mapKey] = value;
    }

    public override bool Remove(TMapKey mapKey)
    {
        RequireBroadcast();
        return _map.Remove(mapKey);
    }

    public override void Clear()
    {
        RequireBroadcast();
        _map.Clear();
    }

    public StateDescription Describe() => new(name, StateSectionKind.OperatorUnion, null, _serializer.Type.ToString(), [], SchemaBytes.Of(_serializer));

    public byte[] ToBytes()
    {
        DataWriter writer = new();
        _serializer.Write(writer, in _map);
        return writer.ToArray();
    }

    /// <summary>Takes what the same subtask wrote, else the first there is: they are all alike.</summary>
    public void Read(int subtask, StateDescription written, DataReader reader)
    {
        if (!_isRead || subtask == setup.Subtask)
        {
            _map = SchemaBytes.Reader(_serializer, written.ValueSchema).Read(reader);
            _isRead = true;
        }
    }

    private void RequireBroadcast()
    {
        if (!phase.IsOn)
        {
            throw new InvalidOperationException(
                $"The broadcast state '{name["broadcast:".Length..]}' of operator '{setup.Name}' is changed while no broadcast record is processed, so that its subtasks would differ. Change it in ProcessBroadcast.");
        }
    }
}
