using OrleansStream.Engine.Frames;

namespace OrleansStream.Engine.Channels;

/// <summary>
/// A bounded queue from one subtask to another in the same process. Batches go by reference; emptied ones go back to the sender, so that in a steady state none is allocated.
/// </summary>
internal sealed class Channel
{
    /// <summary>Batches that a channel may hold whatever the memory in use.</summary>
    public const int GuaranteedBatches = 2;

    /// <summary>Batches that a channel may hold at most: enough to ride out a scheduling gap, few enough to stay in cache.</summary>
    public const int MaxBatches = 8;

    private readonly SpscRing<Element> _ring = new(64);
    private readonly SpscRing<object> _empties = new(16);
    private readonly ExchangeMemory _memory;
    private Runnable? _consumer;
    private Runnable? _producer;
    private int _producerWaits;
    private long _batchesIn;
    private long _batchesOut;
    private BarrierAnnouncement? _announced;

    public Channel(ExchangeMemory memory, int from, int to)
    {
        _memory = memory;
        From = from;
        To = to;
    }

    /// <summary>The sending subtask.</summary>
    public int From { get; }

    /// <summary>The receiving subtask.</summary>
    public int To { get; }

    /// <summary>Where an end on another node gets the codec of the elements, when the chain here is built; null for a channel inside the node.</summary>
    public Action<ElementCodec>? AttachCodec { get; init; }

    /// <summary>Elements that wait; for diagnostics and to see whether the consumer has caught up.</summary>
    public int Count => _ring.Count;

    /// <summary>Batches that wait; for diagnostics.</summary>
    public long Batches => Volatile.Read(ref _batchesIn) - Volatile.Read(ref _batchesOut);

    /// <summary>Posted to the consumer when a barrier has been announced; set by the consumer before anything is sent.</summary>
    public Action? OnAnnounced { get; set; }

    /// <summary>
    /// Consumer's side: the last announcement. One barrier is announced at a time, since unaligned checkpoints do not overlap. Whoever has seen an element that was put in after an overtaking barrier sees the
    /// announcement too, so that nothing behind it is read by mistake.
    /// </summary>
    public BarrierAnnouncement? Announced => Volatile.Read(ref _announced);

    /// <summary>Consumer's side: the position of what <see cref="TryPeek"/> shows.</summary>
    public long ReadPosition => _ring.Head;

    public void Connect(Runnable? producer, Runnable? consumer)
    {
        _producer = producer ?? _producer;
        _consumer = consumer ?? _consumer;
    }

    /// <summary>Producer's side. False if there is no room: nothing was queued, and the producer is woken when there is.</summary>
    public bool TryEnqueue(in Element element)
    {
        if (!TryEnqueueNow(in element))
        {
            // Say that we wait, then look again: the consumer that frees a place after our first look sees the flag, or we see the place.
            Volatile.Write(ref _producerWaits, 1);
            Interlocked.MemoryBarrier();
            if (!TryEnqueueNow(in element))
            {
                return false;
            }

            Volatile.Write(ref _producerWaits, 0);
        }

        if (element.Kind == ElementKind.Barrier && element.Payload is CheckpointBarrier { Unaligned: true } barrier)
        {
            Announce(new BarrierAnnouncement(barrier, _ring.Tail - 1, Overtakes: false));
        }

        if (_consumer is { } consumer)
        {
            consumer.Host.Wake(consumer);
        }

        return true;
    }

    /// <summary>Producer's side: a barrier that overtakes what waits at the sender, and is seen before what is in the channel. There is always room for it.</summary>
    public void Overtake(CheckpointBarrier barrier) => Announce(new BarrierAnnouncement(barrier, _ring.Tail, Overtakes: true));

    /// <summary>Producer's side: an emptied batch to fill again, if one has come back.</summary>
    public object? TakeEmpty() => _empties.TryDequeue(out object batch) ? batch : null;

    /// <summary>Consumer's side.</summary>
    public ref readonly Element TryPeek(out bool found) => ref _ring.TryPeek(out found);

    /// <summary>Consumer's side: an element from <see cref="ReadPosition"/> to, exclusively, the position of an announcement that was seen.</summary>
    public ref readonly Element At(long position) => ref _ring.At(position);

    /// <summary>Consumer's side: takes what <see cref="TryPeek"/> showed. An emptied batch is given back separately.</summary>
    public void Advance()
    {
        ref readonly Element element = ref _ring.TryPeek(out _);
        if (element.Kind == ElementKind.Batch)
        {
            if (element.Value > 0)
            {
                _memory.Release(element.Value);
            }

            Volatile.Write(ref _batchesOut, _batchesOut + 1);
        }

        _ring.Advance();
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _producerWaits) != 0)
        {
            Volatile.Write(ref _producerWaits, 0);
            if (_producer is { } producer)
            {
                producer.Host.Wake(producer);
            }
        }
    }

    /// <summary>Consumer's side: gives an emptied batch back to the producer.</summary>
    public void ReturnEmpty(object batch) => _empties.TryEnqueue(in batch);

    private void Announce(BarrierAnnouncement announcement)
    {
        Volatile.Write(ref _announced, announcement);
        if (_consumer is { } consumer && OnAnnounced is { } bell)
        {
            consumer.Post(bell);
        }
    }

    private bool TryEnqueueNow(in Element element)
    {
        if (element.Kind != ElementKind.Batch)
        {
            return _ring.TryEnqueue(in element);
        }

        long held = _batchesIn - Volatile.Read(ref _batchesOut);
        if (held >= MaxBatches)
        {
            return false;
        }

        // The size travels with a batch only if it was taken out of the budget.
        if (held < GuaranteedBatches)
        {
            Element free = new(ElementKind.Batch, 0, element.Payload);
            if (!_ring.TryEnqueue(in free))
            {
                return false;
            }
        }
        else
        {
            if (!_memory.TryAcquire(element.Value))
            {
                return false;
            }

            if (!_ring.TryEnqueue(in element))
            {
                _memory.Release(element.Value);
                return false;
            }
        }

        _batchesIn++;
        return true;
    }
}
