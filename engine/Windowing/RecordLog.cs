using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansStream.Engine.Windowing;

/// <summary>The records of a key in a <see cref="RecordLog{T}"/>: a chain from the last one back.</summary>
internal struct RecordRun
{
    /// <summary>The place of the last record.</summary>
    public int Last;

    /// <summary>How many there are; 0 once the window has fired for the key.</summary>
    public int Count;
}

/// <summary>
/// The records of a window in the order in which they came, whatever their keys, each with the place of the one before it of the same key. What is written stays as it is, so that a snapshot shares it and a
/// record costs no allocation. Used on the subtask's thread.
/// </summary>
internal sealed class RecordLog<T>(RecordChunks<T> pool)
{
    private RecordChunk<T>[] _chunks = new RecordChunk<T>[4];
    private T[] _values = [];
    private int[] _before = [];
    private int _used;
    private int _inLast;
    private int _origin;
    private bool _isShared;

    /// <summary>The records as they are now; those that are added later are in no view.</summary>
    public RecordView<T> View => new(_chunks);

    /// <summary>Adds a record of a key.</summary>
    /// <returns>Its place.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Append(in T value, int before)
    {
        int at = _inLast;
        if (at >= _values.Length || at >= _before.Length)
        {
            at = Grow();
        }

        StructCopy.Assign(ref _values[at], in value);
        _before[at] = before;
        _inLast = at + 1;
        return _origin + at;
    }

    /// <summary>A view for a snapshot, which keeps its chunks.</summary>
    public RecordView<T> Share()
    {
        _isShared = true;
        return new RecordView<T>(_chunks.AsSpan(0, _used).ToArray());
    }

    /// <summary>Gives the memory back, unless a snapshot has seen it.</summary>
    public void Release()
    {
        pool.Return(_chunks.AsSpan(0, _used), mayReuse: !_isShared);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Grow()
    {
        int at = _inLast;
        RecordChunk<T> chunk;
        if (at < RecordChunk<T>.Records)
        {
            // Only the first chunk is ever smaller: a window of few records takes little.
            int wanted = Math.Max(2 * at, RecordChunk<T>.FewestRecords);
            chunk = wanted < RecordChunk<T>.Records ? new RecordChunk<T>(wanted) : pool.Take();
            _values.AsSpan().CopyTo(chunk.Values);
            _before.AsSpan().CopyTo(chunk.Before);
            _used = 1;
        }
        else
        {
            if (_origin > int.MaxValue - (2 * RecordChunk<T>.Records))
            {
                throw new JobDefinitionException("the window has 2,147,000,000 records in this subtask and can hold no more. Make windows smaller, raise the parallelism, or use an aggregate, which keeps no records.");
            }

            _origin += RecordChunk<T>.Records;
            chunk = pool.Take();
            if (_used == _chunks.Length)
            {
                Array.Resize(ref _chunks, 2 * _used);
            }

            _used++;
            at = 0;
        }

        _chunks[_used - 1] = chunk;
        _values = chunk.Values;
        _before = chunk.Before;
        return at;
    }
}

/// <summary>The records of a log, to read.</summary>
internal readonly struct RecordView<T>(RecordChunk<T>[] chunks)
{
    public ref readonly T this[int place]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref chunks[place >> RecordChunk<T>.Shift].Values[place & (RecordChunk<T>.Records - 1)];
    }

    /// <summary>
    /// Finds the places of the records of some keys and brings the records into the cache. All keys are followed side by side, since each step of one waits for memory.
    /// </summary>
    /// <param name="walks">The keys; used up.</param>
    /// <param name="places">Receives the places, of each key the first record's first.</param>
    public unsafe void Follow(Span<RecordWalk> walks, Span<int> places)
    {
        int left = walks.Length;
        while (left > 0)
        {
            for (int i = 0; i < left;)
            {
                ref RecordWalk walk = ref walks[i];
                int at = walk.At;
                places[--walk.Behind] = at;
                RecordChunk<T> chunk = chunks[at >> RecordChunk<T>.Shift];
                int inChunk = at & (RecordChunk<T>.Records - 1);
                walk.At = chunk.Before[inChunk];
                if (Sse.IsSupported)
                {
                    // Wherever the collector moves it meanwhile: this is a hint.
                    byte* record = (byte*)Unsafe.AsPointer(ref chunk.Values[inChunk]);
                    Sse.Prefetch0(record);
                    Sse.Prefetch0(record + Unsafe.SizeOf<T>() - 1);
                }

                if (walk.Behind > walk.First)
                {
                    i++;
                }
                else
                {
                    walk = walks[--left];
                }
            }
        }
    }
}

/// <summary>The way back through the records of a key, at least one.</summary>
/// <param name="run">The records.</param>
/// <param name="first">Where the place of the first of them goes.</param>
internal struct RecordWalk(RecordRun run, int first)
{
    public int At = run.Last;
    public int Behind = first + run.Count;
    public readonly int First = first;
}

/// <summary>A piece of a log.</summary>
internal sealed class RecordChunk<T>(int records)
{
    /// <summary>The records of a small first chunk.</summary>
    public const int FewestRecords = 16;

    // Arrays stay out of the large object heap.
    private const int MostBytes = 64 * 1024;

    /// <summary>The power of two that is <see cref="Records"/>.</summary>
    public static readonly int Shift = Math.Clamp(int.Log2(MostBytes / Unsafe.SizeOf<T>()), int.Log2(FewestRecords), 10);

    public readonly T[] Values = new T[records];

    /// <summary>Of each record the place of the one before it of the same key; of a key's first one anything.</summary>
    public readonly int[] Before = new int[records];

    /// <summary>The records of a chunk, but for a small first one.</summary>
    public static int Records
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1 << Shift;
    }
}

/// <summary>
/// Chunks that are used again: as many as have been out at once of late. A watermark may end several windows, and those after it need as many again, so what one log gives back is no measure; a window
/// larger than all others is forgotten by and by.
/// </summary>
internal sealed class RecordChunks<T>
{
    // With each log that is given back a 256th of what is kept without being needed is let go.
    private const int Forgetting = 8;

    private readonly Stack<RecordChunk<T>> _free = new();
    private int _out;
    private int _most;

    /// <summary>How many chunks wait to be used again.</summary>
    public int Idle => _free.Count;

    public RecordChunk<T> Take()
    {
        _out++;
        return _free.TryPop(out RecordChunk<T>? chunk) ? chunk : new RecordChunk<T>(RecordChunk<T>.Records);
    }

    /// <summary>Takes back the chunks of a log; a small first one is not kept.</summary>
    /// <param name="chunks">The chunks.</param>
    /// <param name="mayReuse">False if a snapshot has seen them.</param>
    public void Return(ReadOnlySpan<RecordChunk<T>> chunks, bool mayReuse)
    {
        _most = Math.Max(_out, _most - (_most >> Forgetting));
        foreach (RecordChunk<T> chunk in chunks)
        {
            if (chunk.Values.Length != RecordChunk<T>.Records)
            {
                continue;
            }

            _out--;
            if (!mayReuse)
            {
                continue;
            }

            if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            {
                Array.Clear(chunk.Values);
            }

            _free.Push(chunk);
        }

        while (_free.Count > _most - _out)
        {
            _free.Pop();
        }
    }
}
