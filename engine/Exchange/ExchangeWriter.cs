using System.Runtime.CompilerServices;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.InFlight;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Exchange;

/// <summary>The end of a chain towards the subtasks of another one, seen by the tasklet without its type.</summary>
internal abstract class ExchangeWriter
{
    /// <summary>Whether something waits because a channel is full.</summary>
    public abstract bool HasBacklog { get; }

    /// <summary>When the oldest unfinished batch must leave, by the host's clock; <c>long.MaxValue</c> for never.</summary>
    public abstract long FlushDueMs { get; }

    /// <summary>Moves what waits into the channels.</summary>
    /// <returns>Whether nothing waits any more.</returns>
    public abstract bool Drain();

    /// <summary>Sends unfinished batches to consumers that have nothing to do, and those that have waited long enough.</summary>
    public abstract void FlushIdle(long nowMs);

    /// <summary>Sends a barrier to all channels, behind everything.</summary>
    public abstract void SendBarrier(CheckpointBarrier barrier);

    /// <summary>
    /// Takes everything, whatever room there is, while a chain is emptied for an unaligned snapshot: what waits in the chain moves on, so that it can be stored by the edge, and with a key, that it belongs to.
    /// </summary>
    public bool IsAbsorbing { get; set; }

    /// <summary>Sends a barrier ahead of what waits here, which becomes part of the snapshot; on a broadcast edge behind it.</summary>
    public abstract void Overtake(CheckpointBarrier barrier, SnapshotCollector snapshot, int subtask);

    /// <summary>Whether a barrier that may overtake still waits here for room in a channel.</summary>
    public abstract bool HasQueued(CheckpointBarrier barrier);

    /// <summary>Sends a barrier that waits here ahead of what is before it, which becomes part of the snapshot.</summary>
    public abstract void OvertakeQueued(CheckpointBarrier barrier, SnapshotCollector snapshot, int subtask);

    /// <summary>Connects the channels with the tasklet that fills them.</summary>
    public abstract void Connect(Runnable producer);

    /// <summary>The channels, for diagnostics.</summary>
    public abstract IEnumerable<Channel> Channels { get; }
}

/// <summary>Collects records into batches, one per receiving subtask, and sends them.</summary>
internal abstract class ExchangeWriter<T, TBatch> : ExchangeWriter, IReceiver<T> where TBatch : Batch<T>
{
    // What a record takes in a batch, references counted without what they refer to.
    private static readonly int s_recordBytes = Unsafe.SizeOf<T>() + sizeof(long);
    private const int SmallBatch = 64;

    private readonly int _batchSize;
    private readonly long _timeoutMs;
    private long _dueMs = long.MaxValue;
    private long _watermark = long.MinValue;
    private bool _isIdle;
    private bool _hasEnded;
    private bool _isFresh;

    protected ExchangeWriter(Channel[] channels, int batchSize, long timeoutMs)
    {
        Lanes = [.. channels.Select(c => new Lane<TBatch>(c))];
        _batchSize = batchSize;
        _timeoutMs = timeoutMs;
    }

    public override bool HasBacklog
    {
        get
        {
            foreach (Lane<TBatch> lane in Lanes)
            {
                if (lane.HasBacklog)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public override long FlushDueMs => _dueMs;

    /// <summary>Where unaligned snapshots keep what is under way; null for an edge whose barriers never overtake.</summary>
    public InFlightEdge<T>? Edge { get; set; }

    public override IEnumerable<Channel> Channels => Lanes.Select(l => l.Channel);

    protected Lane<TBatch>[] Lanes { get; }

    /// <summary>Bytes that a record takes besides its value and timestamp.</summary>
    protected virtual int ExtraBytes => 0;

    public override bool Drain()
    {
        bool all = true;
        foreach (Lane<TBatch> lane in Lanes)
        {
            all &= lane.Drain();
        }

        return all;
    }

    public override void FlushIdle(long nowMs)
    {
        if (_isFresh)
        {
            _isFresh = false;
            _dueMs = nowMs + _timeoutMs;
        }

        bool isDue = nowMs >= _dueMs;
        bool anyLeft = false;
        foreach (Lane<TBatch> lane in Lanes)
        {
            if (lane.Building is not { Count: > 0 })
            {
                continue;
            }

            if (isDue || lane.Channel.Count == 0)
            {
                Seal(lane);
            }
            else
            {
                anyLeft = true;
            }
        }

        if (!anyLeft)
        {
            _dueMs = long.MaxValue;
        }
    }

    public override void SendBarrier(CheckpointBarrier barrier)
    {
        Element element = Element.Barrier(barrier);
        SendToAll(in element);
    }

    public override void Overtake(CheckpointBarrier barrier, SnapshotCollector snapshot, int subtask)
    {
        if (Edge is null)
        {
            SendBarrier(barrier);
            return;
        }

        foreach (Lane<TBatch> lane in Lanes)
        {
            Overtake(lane, Edge, barrier, snapshot, subtask);
        }
    }

    public override bool HasQueued(CheckpointBarrier barrier)
    {
        if (Edge is not null)
        {
            foreach (Lane<TBatch> lane in Lanes)
            {
                if (lane.HasQueued(barrier))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public override void OvertakeQueued(CheckpointBarrier barrier, SnapshotCollector snapshot, int subtask)
    {
        foreach (Lane<TBatch> lane in Lanes)
        {
            if (Edge is not null && lane.HasQueued(barrier))
            {
                Overtake(lane, Edge, barrier, snapshot, subtask);
            }
        }
    }

    public override void Connect(Runnable producer)
    {
        foreach (Lane<TBatch> lane in Lanes)
        {
            lane.Channel.Connect(producer, null);
        }
    }

    public int Receive(Batch<T> batch, int from)
    {
        if (!Drain() && !IsAbsorbing)
        {
            return 0;
        }

        if (_dueMs == long.MaxValue)
        {
            _isFresh = true;
        }

        int taken = Distribute(batch, from);
        while (IsAbsorbing && from + taken < batch.Count)
        {
            taken += Distribute(batch, from + taken);
        }

        return taken;
    }

    public bool Control(in Element element)
    {
        switch (element.Kind)
        {
            case ElementKind.Watermark:
                if (element.Value > _watermark && !_hasEnded)
                {
                    _watermark = element.Value;
                    SendToAll(in element);
                }

                break;
            case ElementKind.Status:
                if (element.IsIdle != _isIdle && !_hasEnded)
                {
                    _isIdle = element.IsIdle;
                    SendToAll(in element);
                }

                break;
            case ElementKind.EndOfInput:
                if (!_hasEnded)
                {
                    _hasEnded = true;
                    SendToAll(in element);
                }

                break;
            default:
                throw new InvariantViolatedException($"A chain sent a {element.Kind} as a control element.");
        }

        return Drain() || IsAbsorbing;
    }

    /// <summary>Puts records into the batches of their receivers until one is full and its channel too.</summary>
    /// <returns>How many were taken.</returns>
    protected abstract int Distribute(Batch<T> batch, int from);

    protected abstract TBatch NewBatch(int capacity);

    /// <summary>The batch of a receiver with room for at least one record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected TBatch Open(Lane<TBatch> lane) => lane.Building ?? OpenNew(lane);

    /// <summary>Called when a batch is full: makes it larger, or sends it.</summary>
    /// <returns>Whether there is room for more; if not the record just added was the last for now.</returns>
    protected bool OnFull(Lane<TBatch> lane)
    {
        TBatch batch = lane.Building!;
        if (batch.Capacity < _batchSize)
        {
            batch.Resize(Math.Min(_batchSize, batch.Capacity * 4));
            return true;
        }

        return Seal(lane);
    }

    private TBatch OpenNew(Lane<TBatch> lane)
    {
        TBatch batch = lane.Channel.TakeEmpty() as TBatch ?? NewBatch(Math.Min(SmallBatch, _batchSize));
        lane.Building = batch;
        return batch;
    }

    private bool Seal(Lane<TBatch> lane)
    {
        TBatch batch = lane.Building!;
        lane.Building = null;
        lane.Send(new Element(ElementKind.Batch, (long)batch.Capacity * (s_recordBytes + ExtraBytes), batch));
        return !lane.HasBacklog;
    }

    private static void Overtake(Lane<TBatch> lane, InFlightEdge<T> edge, CheckpointBarrier barrier, SnapshotCollector snapshot, int subtask)
    {
        InFlightSequence unsent = edge.NewSequence(subtask, lane.Channel.To, InFlightPart.Unsent);
        lane.Overtake(barrier, unsent);
        snapshot.AddInFlight(edge, unsent);
    }

    private void SendToAll(in Element element)
    {
        foreach (Lane<TBatch> lane in Lanes)
        {
            if (lane.Building is { Count: > 0 })
            {
                Seal(lane);
            }

            lane.Send(in element);
        }

        _dueMs = long.MaxValue;
        _isFresh = false;
    }
}
