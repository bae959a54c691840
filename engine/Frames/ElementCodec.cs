using System.Runtime.InteropServices;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Frames;

/// <summary>Writes the elements of a channel into frames and reads them again. Batches go column by column: timestamps, keys and hashes if there are any, values.</summary>
internal abstract class ElementCodec
{
    public abstract int Count(object batch);

    /// <summary>Writes records of a batch.</summary>
    public abstract void WriteRun(DataWriter writer, object batch, int from, int count);

    /// <summary>Reads what <see cref="WriteRun"/> wrote.</summary>
    /// <param name="reader">Behind the kind.</param>
    /// <param name="empty">A batch to fill again; null for a new one.</param>
    public abstract Element ReadRun(DataReader reader, object? empty);

    /// <summary>Empties a batch that has been written.</summary>
    public abstract void Reset(object batch);

    public static void WriteControl(DataWriter writer, in Element element)
    {
        writer.WriteByte((byte)element.Kind);
        switch (element.Kind)
        {
            case ElementKind.Watermark or ElementKind.Status:
                writer.WriteInt64(element.Value);
                break;
            case ElementKind.Barrier:
                CheckpointBarrier barrier = (CheckpointBarrier)element.Payload!;
                writer.WriteInt64(barrier.CheckpointId);
                writer.WriteString(barrier.Folder);
                writer.WriteBoolean(barrier.Stop);
                writer.WriteBoolean(barrier.Drain);
                writer.WriteBoolean(barrier.Unaligned);
                writer.WriteInt64(barrier.AlignedTimeoutMs);
                break;
            case ElementKind.EndOfInput:
                break;
            default:
                throw new InvariantViolatedException($"An element of kind {element.Kind} was to go into a frame as a control element.");
        }
    }

    /// <summary>Reads the next element of a frame.</summary>
    public Element Read(DataReader reader, Channel channel)
    {
        ElementKind kind = (ElementKind)reader.ReadByte();
        switch (kind)
        {
            case ElementKind.Batch:
                return ReadRun(reader, channel.TakeEmpty());
            case ElementKind.Watermark:
                return Element.Watermark(reader.ReadInt64());
            case ElementKind.Status:
                return Element.Status(reader.ReadInt64() != 0);
            case ElementKind.Barrier:
                long id = reader.ReadInt64();
                string folder = reader.ReadString() ?? "";
                bool stop = reader.ReadBoolean();
                bool drain = reader.ReadBoolean();
                bool unaligned = reader.ReadBoolean();
                return Element.Barrier(new CheckpointBarrier(id, folder, stop, drain, unaligned, reader.ReadInt64()));
            case ElementKind.EndOfInput:
                return Element.EndOfInput;
            default:
                throw new SerializationException($"A frame has an element of the unknown kind {(byte)kind}. All nodes of a job must run the same version.");
        }
    }
}

/// <summary>The codec of channels without keys.</summary>
internal class BatchCodec<T>(TypeSerializer<T> values) : ElementCodec
{
    public override int Count(object batch) => ((Batch<T>)batch).Count;

    public override void Reset(object batch) => ((Batch<T>)batch).Reset();

    public override void WriteRun(DataWriter writer, object batch, int from, int count)
    {
        Batch<T> records = (Batch<T>)batch;
        writer.WriteByte((byte)ElementKind.Batch);
        writer.WriteVarUInt32((uint)count);
        writer.WriteBytes(MemoryMarshal.AsBytes(records.Timestamps.AsSpan(from, count)));
        WriteKeys(writer, records, from, count);
        values.WriteAll(writer, records.Values.AsSpan(from, count));
    }

    public override Element ReadRun(DataReader reader, object? empty)
    {
        int start = reader.Position;
        int count = reader.ReadCount(sizeof(long));
        Batch<T> batch = empty as Batch<T> ?? New(count);
        if (batch.Capacity < count)
        {
            batch.Resize(count);
        }

        batch.Count = count;
        reader.ReadBytes(count * sizeof(long)).CopyTo(MemoryMarshal.AsBytes(batch.Timestamps.AsSpan(0, count)));
        ReadKeys(reader, batch, count);
        values.ReadAll(reader, batch.Values.AsSpan(0, count));
        return new Element(ElementKind.Batch, reader.Position - start, batch);
    }

    protected virtual Batch<T> New(int capacity) => new(capacity);

    protected virtual void WriteKeys(DataWriter writer, Batch<T> batch, int from, int count)
    {
    }

    protected virtual void ReadKeys(DataReader reader, Batch<T> batch, int count)
    {
    }
}

/// <summary>The codec of keyed channels: keys and hashes travel, so that the receiver computes neither.</summary>
internal sealed class KeyedBatchCodec<TKey, T>(TypeSerializer<TKey> keys, TypeSerializer<T> values) : BatchCodec<T>(values)
{
    protected override Batch<T> New(int capacity) => new KeyedBatch<TKey, T>(capacity);

    protected override void WriteKeys(DataWriter writer, Batch<T> batch, int from, int count)
    {
        KeyedBatch<TKey, T> keyed = (KeyedBatch<TKey, T>)batch;
        writer.WriteBytes(MemoryMarshal.AsBytes(keyed.Hashes.AsSpan(from, count)));
        if (KeyedBatch<TKey, T>.HasKeys)
        {
            keys.WriteAll(writer, keyed.Keys.AsSpan(from, count));
        }
    }

    protected override void ReadKeys(DataReader reader, Batch<T> batch, int count)
    {
        KeyedBatch<TKey, T> keyed = (KeyedBatch<TKey, T>)batch;
        reader.ReadBytes(count * sizeof(ulong)).CopyTo(MemoryMarshal.AsBytes(keyed.Hashes.AsSpan(0, count)));
        if (KeyedBatch<TKey, T>.HasKeys)
        {
            keys.ReadAll(reader, keyed.Keys.AsSpan(0, count));
        }
    }
}
