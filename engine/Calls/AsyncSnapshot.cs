using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Calls;

/// <summary>Writes and reads the records in flight of an async operator. Results that had not gone out are not in it: they are called for again.</summary>
internal sealed class AsyncSnapshot<TIn>
{
    private const string Name = "calls in flight";
    private readonly OperatorSetup _setup;
    private readonly TypeSerializer<TIn> _values;
    private readonly StateDescription _description;

    private AsyncSnapshot(OperatorSetup setup, TypeSerializer<TIn> values)
    {
        _setup = setup;
        _values = values;
        _description = new StateDescription(Name, StateSectionKind.OperatorUnion, null, typeof(TIn).ToString(), [], SchemaBytes.Of(values));
    }

    public static AsyncSnapshot<TIn> Of(OperatorSetup setup)
    {
        try
        {
            return new AsyncSnapshot<TIn>(setup, setup.Serializers.Get<TIn>());
        }
        catch (SerializationException e)
        {
            throw new JobDefinitionException(
                $"Operator '{setup.Name}' calls asynchronously, so a checkpoint holds its records in flight, which cannot be serialized: {e.Message}", e);
        }
    }

    /// <summary>Adds what is in flight; the bytes are made in the background.</summary>
    public void Add(SnapshotCollector snapshot, string uid, (TIn Value, long Timestamp)[] records) => snapshot.AddWork(uid, _description, () => [Write(records)]);

    /// <summary>
    /// Reads what was in flight. At the same parallelism each subtask goes on with its own, else records are dealt out. Watermarks between them are not stored: the splits that they came from may be read by another subtask
    /// now, so that they would be too high here. Upstream sends what is true now behind the records.
    /// </summary>
    public void Read(RestoredOperator restored, Queue<(TIn Value, long Timestamp)> into)
    {
        bool isSame = restored.Parallelism == _setup.Parallelism;
        long index = 0;
        restored.ReadSections(StateSectionKind.OperatorUnion, Name, (written, reader) =>
        {
            TypeSerializer<TIn> values = SchemaBytes.Reader(_values, written.ValueSchema);
            int subtask = reader.ReadInt32();
            for (int i = reader.ReadInt32(); i > 0; i--, index++)
            {
                long timestamp = reader.ReadInt64();
                TIn value = values.Read(reader);
                if ((isSame ? subtask : index % _setup.Parallelism) == _setup.Subtask)
                {
                    into.Enqueue((value, timestamp));
                }
            }
        });
    }

    private byte[] Write((TIn Value, long Timestamp)[] records)
    {
        DataWriter writer = new();
        writer.WriteInt32(_setup.Subtask);
        writer.WriteInt32(records.Length);
        foreach ((TIn value, long timestamp) in records)
        {
            writer.WriteInt64(timestamp);
            _values.Write(writer, in value);
        }

        return writer.ToArray();
    }
}
