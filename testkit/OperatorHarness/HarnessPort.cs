using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Time;
using OrleansStream.Serialization;

namespace OrleansStream.TestKit;

/// <summary>One input of one subtask: a valve of one channel, and what has come in but has not been taken wholly.</summary>
internal abstract class HarnessPort
{
    private readonly WatermarkValve _valve = new(1);
    private readonly ControlQueue _controls = new();
    private readonly Queue<long> _positions = new();
    private readonly List<Element> _queued = [];
    private readonly List<(Element Element, long After)> _resumed = [];
    private int _retold;
    private long? _after;
    private long _toldWatermark = long.MinValue;
    private bool _toldIdle;
    private bool _toldEnd;

    public abstract bool HasBatch { get; }

    /// <summary>Whether there is a batch that no control element comes before.</summary>
    public bool HasBatchNext => HasBatch && NextControlAt > Taken;

    /// <summary>How many records come before the next control element.</summary>
    protected long NextControlAt => _positions.TryPeek(out long position) ? position : int.MaxValue + Taken;

    /// <summary>The records that were sent, ever.</summary>
    protected long Sent { get; set; }

    /// <summary>The records that the operator took, ever.</summary>
    protected long Taken { get; set; }

    /// <summary>The highest watermark that has come in, also if it is still being fired.</summary>
    private long LastWatermark => _queued.Concat(_resumed.Select(r => r.Element)).Where(e => e.Kind == ElementKind.Watermark).Select(e => e.Value).Append(_toldWatermark).Max();

    public void Watermark(long watermark) => Queue(_valve.OnWatermark(0, watermark));

    public void Status(bool idle) => Queue(_valve.OnStatus(0, idle));

    public void End()
    {
        Queue(_valve.OnEnd(0));
        Queue(Element.EndOfInput);
    }

    public bool SendControls()
    {
        while (!_controls.IsEmpty)
        {
            Element element = _controls.First;
            if (_retold == 0 && _positions.Peek() > Taken)
            {
                // Records come before it.
                return true;
            }

            if (!Control(in element))
            {
                return false;
            }

            _controls.RemoveFirst();
            if (_retold > 0)
            {
                _retold--;
                continue;
            }

            _positions.Dequeue();
            _queued.RemoveAt(0);
            switch (element.Kind)
            {
                case ElementKind.Watermark:
                    _toldWatermark = element.Value;
                    break;
                case ElementKind.Status:
                    _toldIdle = element.IsIdle;
                    break;
                default:
                    _toldEnd = true;
                    break;
            }
        }

        return true;
    }

    /// <summary>After a restore, when all inputs have been told what they knew: goes on with the controls that were under way.</summary>
    /// <returns>Whether there are any.</returns>
    public bool Resume()
    {
        (Element Element, long After)[] resumed = [.. _resumed];
        _resumed.Clear();
        foreach ((Element element, long after) in resumed)
        {
            _after = after;
            switch (element.Kind)
            {
                case ElementKind.Watermark:
                    Watermark(element.Value);
                    break;
                case ElementKind.Status:
                    Status(element.IsIdle);
                    break;
                default:
                    // The final watermark of the end is an element of its own, before this one.
                    Queue(Element.EndOfInput);
                    break;
            }
        }

        _after = null;
        return resumed.Length > 0;
    }

    /// <summary>Offers the rest of the batch once.</summary>
    /// <returns>Whether anything was taken.</returns>
    public abstract bool SendBatch();

    /// <summary>Writes what an upstream subtask would know and what is under way.</summary>
    public void Write(DataWriter writer, SerializerRegistry serializers)
    {
        writer.WriteInt64(_toldWatermark);
        writer.WriteInt64(LastWatermark);
        writer.WriteBoolean(_toldIdle);
        writer.WriteBoolean(_toldEnd);
        writer.WriteInt32(_queued.Count + _resumed.Count);
        foreach ((Element element, long after) in _queued.Zip(_positions).Concat(_resumed))
        {
            writer.WriteByte((byte)element.Kind);
            writer.WriteInt64(element.Value);
            writer.WriteInt64(after - Taken);
        }

        WriteBatch(writer, serializers);
    }

    /// <summary>Goes on where the same subtask was: what it had been told, then what was under way. The records are returned.</summary>
    public void Read(DataReader reader)
    {
        long told = reader.ReadInt64();
        reader.ReadInt64();
        bool idle = reader.ReadBoolean();
        bool end = reader.ReadBoolean();
        Tell(told, idle, end);
        int queued = reader.ReadInt32();
        for (int i = 0; i < queued; i++)
        {
            _resumed.Add((new Element((ElementKind)reader.ReadByte(), reader.ReadInt64(), null), reader.ReadInt64()));
        }
    }

    /// <summary>After a change of parallelism: what all the earlier subtasks had been told.</summary>
    public void Read(IReadOnlyList<DataReader> readers)
    {
        long watermark = long.MaxValue;
        bool idle = true;
        bool end = true;
        foreach (DataReader reader in readers)
        {
            reader.ReadInt64();
            watermark = Math.Min(watermark, reader.ReadInt64());
            idle &= reader.ReadBoolean();
            end &= reader.ReadBoolean();
        }

        Tell(watermark, idle, end);
    }

    /// <summary>Goes to the records.</summary>
    public static void SkipControls(DataReader reader)
    {
        reader.Skip((2 * sizeof(long)) + 2);
        reader.Skip(reader.ReadInt32() * (sizeof(byte) + (2 * sizeof(long))));
    }

    protected abstract bool Control(in Element element);

    protected abstract void WriteBatch(DataWriter writer, SerializerRegistry serializers);

    private void Tell(long watermark, bool idle, bool end)
    {
        (_toldWatermark, _toldIdle, _toldEnd) = (watermark, idle, end);
        _controls.Add(_valve.OnWatermark(0, watermark));
        _controls.Add(_valve.OnStatus(0, idle));
        if (end)
        {
            _controls.Add(Element.EndOfInput);
        }

        _retold = _controls.Count;
    }

    private void Queue(WatermarkChange change)
    {
        if (change.BecomesActive)
        {
            Queue(Element.Status(idle: false));
        }

        if (change.HasWatermark)
        {
            Queue(Element.Watermark(change.Watermark));
        }

        if (change.BecomesIdle)
        {
            Queue(Element.Status(idle: true));
        }
    }

    private void Queue(in Element element)
    {
        _controls.Add(in element);
        _queued.Add(element);
        _positions.Enqueue(_after ?? Sent);
    }
}

internal sealed class HarnessPort<T>(IReceiver<T> receiver) : HarnessPort
{
    private readonly Queue<Batch<T>> _batches = new();
    private int _from;

    public override bool HasBatch => _batches.Count > 0;

    public void Enqueue(Batch<T> batch)
    {
        _batches.Enqueue(batch);
        Sent += batch.Count;
    }

    public override bool SendBatch()
    {
        Batch<T> batch = _batches.Peek();
        int count = batch.Count;
        batch.Count = (int)Math.Min(count, _from + NextControlAt - Taken);
        int offered = batch.Count - _from;
        int taken = receiver.Receive(batch, _from);
        batch.Count = count;
        if (taken < 0 || taken > offered)
        {
            throw new InvariantViolatedException($"The operator took {taken} of {offered} records.");
        }

        _from += taken;
        Taken += taken;
        if (_from == batch.Count)
        {
            _batches.Dequeue();
            _from = 0;
        }

        return taken > 0;
    }

    public static List<(T Value, long Timestamp)> ReadRecords(DataReader reader, SerializerRegistry serializers)
    {
        List<(T Value, long Timestamp)> records = [];
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            long timestamp = reader.ReadInt64();
            records.Add((serializers.Get<T>().Read(reader), timestamp));
        }

        return records;
    }

    protected override bool Control(in Element element) => receiver.Control(in element);

    protected override void WriteBatch(DataWriter writer, SerializerRegistry serializers)
    {
        writer.WriteInt32(_batches.Sum(b => b.Count) - _from);
        int from = _from;
        foreach (Batch<T> batch in _batches)
        {
            for (int i = from; i < batch.Count; i++)
            {
                writer.WriteInt64(batch.Timestamps[i]);
                serializers.Get<T>().Write(writer, in batch.Values[i]);
            }

            from = 0;
        }
    }
}
