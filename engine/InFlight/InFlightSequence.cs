using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Time;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.InFlight;

/// <summary>
/// What is under way from one subtask to another, in order: records, and the watermarks and statuses between them. First it is recorded for a snapshot, on the subtask's thread, which copies references; after
/// a restore it is read from one end to the other.
/// </summary>
internal abstract class InFlightSequence(int from, int to, int stage, InFlightPart part)
{
    /// <summary>The <see cref="Stage"/> of what went through a channel or link, and was not restored before.</summary>
    public const int Live = int.MaxValue;

    public int From { get; } = from;

    public int To { get; } = to;

    /// <summary>
    /// The order in which sequences are read after a restore. What an earlier restore has brought and nobody has read comes first; <see cref="Live"/> is last.
    /// </summary>
    public int Stage { get; } = stage;

    public InFlightPart Part { get; } = part;

    /// <summary>The last watermark that was taken out.</summary>
    public long Watermark { get; protected set; } = WatermarkChange.NoWatermark;

    /// <summary>Records what went through a channel or waits in it; barriers and the end of input are left out, since they come anew.</summary>
    /// <param name="element">The element.</param>
    /// <param name="from">From which record on, for a batch.</param>
    public void Add(in Element element, int from)
    {
        switch (element.Kind)
        {
            case ElementKind.Batch:
                AddRecords(element.Payload!, from);
                break;
            case ElementKind.Watermark:
            case ElementKind.Status:
                AddControl(in element);
                break;
            default:
                break;
        }
    }

    /// <summary>Records the rest of a batch; copies references, since the batch is emptied and filled again.</summary>
    public abstract void AddRecords(object batch, int from);

    public abstract void AddControl(in Element element);

    /// <summary>Writes everything from the current position on; in the background.</summary>
    public abstract void Write(DataWriter writer);
}

internal sealed class InFlightSequence<T> : InFlightSequence
{
    private const byte Records = 0;
    private const byte WatermarkItem = 1;
    private const byte StatusItem = 2;

    private readonly List<Item> _items = [];
    private int _next;
    private bool _isIdle;

    public InFlightSequence(InFlightEdge<T> edge, int from, int to, int stage, InFlightPart part) : base(from, to, stage, part)
    {
        Edge = edge;
    }

    public InFlightEdge<T> Edge { get; }

    public bool IsExhausted => _next == _items.Count;

    /// <summary>The records that are next, and from which on; null if a control element is.</summary>
    public Batch<T>? NextRecords(out int from)
    {
        from = _items[_next].From;
        return _items[_next].Records;
    }

    /// <summary>Takes out records that were shown by <see cref="NextRecords"/>.</summary>
    public void Take(int count)
    {
        Item item = _items[_next];
        if (item.From + count < item.Records!.Count)
        {
            _items[_next] = item with { From = item.From + count };
            return;
        }

        // Read records are let go at once.
        _items[_next++] = default;
    }

    /// <summary>Takes out the control element that is next.</summary>
    public Element TakeControl()
    {
        Element control = _items[_next++].Control;
        if (control.Kind == ElementKind.Watermark)
        {
            Watermark = control.Value;
        }
        else
        {
            _isIdle = control.IsIdle;
        }

        return control;
    }

    public override void AddRecords(object batch, int from)
    {
        Batch<T> source = (Batch<T>)batch;
        int count = source.Count - from;
        if (count > 0)
        {
            Batch<T> copy = new(count) { Count = count };
            Array.Copy(source.Values, from, copy.Values, 0, count);
            Array.Copy(source.Timestamps, from, copy.Timestamps, 0, count);
            AddOwned(copy);
        }
    }

    public override void AddControl(in Element element) => _items.Add(new Item(null, 0, element));

    /// <summary>Adds records that nobody else changes.</summary>
    public void AddOwned(Batch<T> records) => _items.Add(new Item(records, 0, default));

    /// <summary>Adds all of another sequence behind this one.</summary>
    public void Append(InFlightSequence<T> other) => _items.AddRange(other._items);

    /// <summary>What has not been read yet, for the next snapshot; shares the records, which do not change.</summary>
    public InFlightSequence<T> Remainder(int stage, int to)
    {
        InFlightSequence<T> rest = new(Edge, From, to, stage, InFlightPart.Received);
        if (Watermark != WatermarkChange.NoWatermark)
        {
            rest.AddControl(Element.Watermark(Watermark));
        }

        if (_isIdle)
        {
            rest.AddControl(Element.Status(idle: true));
        }

        rest._items.AddRange(_items[_next..]);
        return rest;
    }

    public override void Write(DataWriter writer)
    {
        writer.WriteInt32(From);
        writer.WriteInt32(To);
        writer.WriteInt32(Stage);
        writer.WriteByte((byte)Part);
        int lengthAt = writer.Position;
        writer.WriteInt32(0);
        writer.WriteInt32(_items.Count);
        foreach (Item item in _items)
        {
            if (item.Records is not { } records)
            {
                bool isWatermark = item.Control.Kind == ElementKind.Watermark;
                writer.WriteByte(isWatermark ? WatermarkItem : StatusItem);
                writer.WriteInt64(item.Control.Value);
                continue;
            }

            writer.WriteByte(Records);
            writer.WriteInt32(records.Count - item.From);
            for (int i = item.From; i < records.Count; i++)
            {
                writer.WriteInt64(records.Timestamps[i]);
                Edge.Serializer.Write(writer, in records.Values[i]);
            }
        }

        writer.PatchInt32(lengthAt, writer.Position - lengthAt - sizeof(int));
    }

    /// <summary>Reads a sequence that <see cref="Write"/> wrote, if it is wanted.</summary>
    /// <param name="reader">Stands at the sequence, afterwards behind it.</param>
    /// <param name="edge">The edge as it is now.</param>
    /// <param name="serializer">Reads records as they were written.</param>
    /// <param name="isWanted">Decides, by the receiving subtask.</param>
    /// <returns>The sequence; null if it is not wanted.</returns>
    public static InFlightSequence<T>? Read(DataReader reader, InFlightEdge<T> edge, TypeSerializer<T> serializer, Func<int, bool> isWanted)
    {
        int from = reader.ReadInt32();
        int to = reader.ReadInt32();
        int stage = reader.ReadInt32();
        InFlightPart part = (InFlightPart)reader.ReadByte();
        int length = reader.ReadInt32();
        if (!isWanted(to))
        {
            reader.Skip(length);
            return null;
        }

        InFlightSequence<T> sequence = new(edge, from, to, stage, part);
        for (int items = reader.ReadInt32(); items > 0; items--)
        {
            byte kind = reader.ReadByte();
            if (kind != Records)
            {
                long value = reader.ReadInt64();
                sequence.AddControl(kind == WatermarkItem ? Element.Watermark(value) : Element.Status(value != 0));
                continue;
            }

            int count = reader.ReadInt32();
            Batch<T> records = new(count);
            for (int i = 0; i < count; i++)
            {
                long timestamp = reader.ReadInt64();
                records.Add(serializer.Read(reader), timestamp);
            }

            sequence.AddOwned(records);
        }

        return sequence;
    }

    /// <summary>Keeps only records that belong to the subtask, in the form in which it takes them; without watermarks where they do not hold for it.</summary>
    public InFlightSequence<T> Routed(IKeyRouter<T>? router, bool keepControls)
    {
        InFlightSequence<T> routed = new(Edge, From, To, Stage, Part);
        foreach (Item item in _items)
        {
            if (item.Records is not { } records)
            {
                if (keepControls)
                {
                    routed._items.Add(item);
                }
            }
            else if ((router is null ? records : router.Route(records)) is { } own)
            {
                routed.AddOwned(own);
            }
        }

        return routed;
    }

    private readonly record struct Item(Batch<T>? Records, int From, Element Control);
}
