using System.Runtime.CompilerServices;

namespace OrleansStream.Bench.Workloads;

/// <summary>
/// The events of one source, made one after the other while the job runs. Owned by one thread at a time. <see cref="Next"/> is the whole
/// state: an engine that restores a checkpoint seeks to the position it stored.
/// </summary>
public sealed class EventSource
{
    private readonly KeyRange _keys;
    private readonly long _end;
    private readonly long _stride;
    private readonly long _hashOffset;
    private readonly long _stepEvents;
    private readonly long _stepMs;
    private long _nextStep;
    private long _time;

    /// <summary>Source <paramref name="source"/> of stream <paramref name="stream"/> (0, in a join 0 or 1), at its first event.</summary>
    public EventSource(WorkloadParameters parameters, int source, int stream = 0)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _keys = new KeyRange(parameters, source);
        _end = parameters.EventsPerStream;
        _stride = parameters.Parallelism;
        _hashOffset = HashOffset(parameters, stream);
        _stepEvents = parameters.EventsPerTimeStep;
        _stepMs = parameters.TimeStepMs;
        Seek(source);
    }

    /// <summary>The index in the stream of the event that comes next.</summary>
    public long Next { get; private set; }

    /// <summary>What is added to an event's index before it is hashed: 1, in the second stream of a join N + 1.</summary>
    public static long HashOffset(WorkloadParameters parameters, int stream)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return (stream * parameters.Events) + 1;
    }

    /// <summary>Continues with the event of this index, which must be one of this source's.</summary>
    public void Seek(long index)
    {
        Next = index;
        long step = index / _stepEvents;
        _time = step * _stepMs;
        _nextStep = (step + 1) * _stepEvents;
    }

    /// <summary>The next event, or false at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryNext(out WorkloadEvent next)
    {
        long i = Next;
        if (i >= _end)
        {
            next = default;
            return false;
        }

        while (i >= _nextStep)
        {
            _nextStep += _stepEvents;
            _time += _stepMs;
        }

        ulong hash = Checksum.Mix((ulong)(i + _hashOffset) * Checksum.Golden);
        next = new WorkloadEvent(_keys.KeyOf(hash), (long)(hash & 1023), _time);
        Next = i + _stride;
        return true;
    }

    /// <summary>Makes the next events, as many as fit.</summary>
    /// <param name="events">Where to.</param>
    /// <param name="times">Where their times go.</param>
    /// <returns>How many were made; fewer than fit at the end.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int Fill(Span<WorkloadEvent> events, Span<long> times)
    {
        long i = Next;
        long end = _end;
        long stride = _stride;
        long offset = _hashOffset;
        long nextStep = _nextStep;
        long time = _time;
        KeyRange keys = _keys;
        int room = Math.Min(events.Length, times.Length);
        int n = 0;
        while (n < room && i < end)
        {
            while (i >= nextStep)
            {
                nextStep += _stepEvents;
                time += _stepMs;
            }

            long stop = Math.Min(Math.Min(end, nextStep), i + ((room - n) * stride));
            int first = n;
            for (; i < stop; i += stride)
            {
                ulong hash = Checksum.Mix((ulong)(i + offset) * Checksum.Golden);
                events[n++] = new WorkloadEvent(keys.KeyOf(hash), (long)(hash & 1023), time);
            }

            times[first..n].Fill(time);
        }

        Next = i;
        _nextStep = nextStep;
        _time = time;
        return n;
    }
}
