using OrleansStream.Engine.Channels;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Operators;

/// <summary>An output of an operator, seen by the chain without its type.</summary>
internal abstract class OutputLink
{
    /// <summary>The side output; null for the main one.</summary>
    public abstract OutputTag? Tag { get; }

    /// <summary>How many records were emitted but not yet taken.</summary>
    public abstract int Pending { get; }

    /// <summary>Hands on what was emitted.</summary>
    /// <returns>Whether nothing is left.</returns>
    public abstract bool TryFlush();

    /// <summary>Hands on a control element; all that was emitted must have been taken.</summary>
    public abstract bool Control(in Element element);

    /// <summary>Writes what is pending into a snapshot.</summary>
    public abstract void WritePending(DataWriter writer, SerializerRegistry serializers);

    /// <summary>Reads what was pending; it goes out before anything else.</summary>
    public abstract void ReadPending(DataReader reader, SerializerRegistry serializers);
}

/// <summary>
/// An output of an operator: a buffer that is filled by the operator or its function and emptied into a receiver. One user call may emit more than the buffer holds; then it
/// grows (the spill), and shrinks again when it is empty. The operator takes no further record until the buffer is empty.
/// </summary>
internal sealed class OutputLink<T> : OutputLink, IOutputOwner<T>
{
    private readonly int _capacity;
    private int _taken;

    public OutputLink(OutputTag? tag, int capacity)
    {
        Tag = tag;
        _capacity = capacity;
        Buffer = new Batch<T>(capacity);
        Output = new Output<T>(Buffer, this);
    }

    public override OutputTag? Tag { get; }

    /// <summary>What functions emit to.</summary>
    public Output<T> Output { get; }

    /// <summary>What was emitted; operators that fill it directly keep within <see cref="Room"/>.</summary>
    public Batch<T> Buffer { get; }

    /// <summary>Where it goes. Set when the chain is built.</summary>
    public IReceiver<T> Target { get; set; } = null!;

    /// <summary>The records that were emitted, ever.</summary>
    public long Emitted { get; private set; }

    /// <summary>The largest that the buffer has grown beyond its capacity.</summary>
    public int LargestSpill { get; private set; }

    public int Room => _capacity - Buffer.Count;

    public bool IsFull => Buffer.Count >= _capacity;

    public override int Pending => Buffer.Count - _taken;

    Batch<T> IOutputOwner<T>.Roll(Batch<T> full)
    {
        full.Resize(Math.Max(full.Capacity * 2, 16));
        return full;
    }

    public override bool TryFlush()
    {
        int count = Buffer.Count;
        if (count == 0)
        {
            return true;
        }

        _taken += Target.Receive(Buffer, _taken);
        if (_taken < count)
        {
            LargestSpill = Math.Max(LargestSpill, count - _capacity);
            return false;
        }

        Emitted += count;
        Buffer.Reset();
        _taken = 0;
        if (count > _capacity)
        {
            LargestSpill = Math.Max(LargestSpill, count - _capacity);
            Buffer.Resize(_capacity);
        }

        return true;
    }

    public override bool Control(in Element element) => Target.Control(in element);

    public override void WritePending(DataWriter writer, SerializerRegistry serializers)
    {
        TypeSerializer<T> serializer = serializers.Get<T>();
        writer.WriteInt32(Pending);
        for (int i = _taken; i < Buffer.Count; i++)
        {
            writer.WriteInt64(Buffer.Timestamps[i]);
            serializer.Write(writer, in Buffer.Values[i]);
        }
    }

    public override void ReadPending(DataReader reader, SerializerRegistry serializers)
    {
        TypeSerializer<T> serializer = serializers.Get<T>();
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            long timestamp = reader.ReadInt64();
            Output.Emit(serializer.Read(reader), timestamp);
        }
    }
}
