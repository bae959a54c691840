using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.InFlight;
using OrleansStream.Engine.State;
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

    /// <summary>Puts what chained operators have not taken into an unaligned snapshot, as records that are under way to them. Whoever leads out of the chain has taken all.</summary>
    public abstract void CapturePending(SnapshotCollector snapshot, int subtask);

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
    private IReceiver<T>[] _targets = [];
    private InFlightEdge<T>?[] _edges = [];
    private int[] _taken = [];

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

    /// <summary>The receiver, if there is just one.</summary>
    public IReceiver<T>? OnlyTarget => _targets.Length == 1 ? _targets[0] : null;

    /// <summary>The records that were emitted and taken, ever.</summary>
    public long Emitted { get; private set; }

    /// <summary>The largest that the buffer has grown beyond its capacity.</summary>
    public int LargestSpill { get; private set; }

    public int Room => _capacity - Buffer.Count;

    public bool IsFull => Buffer.Count >= _capacity;

    public override int Pending => Buffer.Count - LeastTaken();

    /// <summary>Adds a receiver; every receiver gets every record and copies what it keeps.</summary>
    /// <param name="target">The receiver.</param>
    /// <param name="edge">Where an unaligned snapshot keeps what it has not taken; null for one that always takes all then.</param>
    public void AddTarget(IReceiver<T> target, InFlightEdge<T>? edge = null)
    {
        _targets = [.. _targets, target];
        _edges = [.. _edges, edge];
        _taken = new int[_targets.Length];
    }

    /// <summary>So many records were emitted and taken without lying in the buffer.</summary>
    public void CountPassed(int n) => Emitted += n;

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

        if (!Offer(count))
        {
            LargestSpill = Math.Max(LargestSpill, count - _capacity);
            return false;
        }

        Emitted += count;
        Buffer.Reset();
        Array.Clear(_taken);
        if (count > _capacity)
        {
            LargestSpill = Math.Max(LargestSpill, count - _capacity);
            Buffer.Resize(_capacity);
        }

        return true;
    }

    /// <summary>Hands on the first records only, for a control element that is to follow them.</summary>
    /// <returns>Whether they all have been taken.</returns>
    public bool TryFlushThrough(int count)
    {
        int all = Buffer.Count;
        if (count == all)
        {
            return TryFlush();
        }

        Buffer.Count = count;
        bool taken = Offer(count);
        Buffer.Count = all;
        return taken;
    }

    public override bool Control(in Element element)
    {
        bool all = true;
        foreach (IReceiver<T> target in _targets)
        {
            all &= target.Control(in element);
        }

        return all;
    }

    public override void CapturePending(SnapshotCollector snapshot, int subtask)
    {
        for (int i = 0; i < _targets.Length; i++)
        {
            if (_taken[i] < Buffer.Count)
            {
                InFlightEdge<T>? edge = _edges[i];
                ProtocolInvariant.Require(9, edge is not null, $"subtask {subtask} takes an unaligned snapshot while {Buffer.Count - _taken[i]} records wait on their way out of the chain");
                InFlightSequence sequence = edge.NewSequence(subtask, subtask, InFlightPart.Received);
                sequence.AddRecords(Buffer, _taken[i]);
                snapshot.AddInFlight(edge, sequence);
            }
        }
    }

    public override void WritePending(DataWriter writer, SerializerRegistry serializers)
    {
        TypeSerializer<T> serializer = serializers.Get<T>();
        int least = LeastTaken();
        writer.WriteInt32(_taken.Length);
        foreach (int taken in _taken)
        {
            writer.WriteInt32(taken - least);
        }

        writer.WriteInt32(Buffer.Count - least);
        for (int i = least; i < Buffer.Count; i++)
        {
            writer.WriteInt64(Buffer.Timestamps[i]);
            serializer.Write(writer, in Buffer.Values[i]);
        }
    }

    public override void ReadPending(DataReader reader, SerializerRegistry serializers)
    {
        TypeSerializer<T> serializer = serializers.Get<T>();
        int targets = reader.ReadInt32();
        if (targets != _taken.Length)
        {
            throw new StateRestoreException(
                $"An output had {targets} receivers when records were under way in it, now it has {_taken.Length}. Restore into the same graph, or from an aligned checkpoint.");
        }

        for (int i = 0; i < targets; i++)
        {
            _taken[i] = reader.ReadInt32();
        }

        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            long timestamp = reader.ReadInt64();
            Output.Emit(serializer.Read(reader), timestamp);
        }
    }

    private bool Offer(int count)
    {
        bool all = true;
        for (int i = 0; i < _targets.Length; i++)
        {
            if (_taken[i] < count)
            {
                _taken[i] += _targets[i].Receive(Buffer, _taken[i]);
                all &= _taken[i] >= count;
            }
        }

        return all;
    }

    private int LeastTaken()
    {
        int least = Buffer.Count;
        foreach (int taken in _taken)
        {
            least = Math.Min(least, taken);
        }

        return least;
    }
}
