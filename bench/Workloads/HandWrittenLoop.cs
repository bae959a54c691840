using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

// CS0649: a slot's tag is written by its table, through the slot's first word.
#pragma warning disable CS0649

namespace OrleansStream.Bench.Workloads;

/// <summary>
/// The limit the engine is measured against: every workload written by hand for this one purpose. P threads make events, exchange them in
/// batches of 1,024 by the hash of their key, and aggregate into flat open-addressing tables. No framework, no collector: all data lies in
/// native memory.
/// </summary>
public sealed class HandWrittenLoop : IWorkloadEngine
{
    private const int BatchSize = 1024;

    /// <summary>How many records ahead of its turn a record's slot is fetched.</summary>
    private const int Lookahead = 16;

    /// <inheritdoc/>
    public string Name => "loop";

    /// <inheritdoc/>
    public WorkloadResult Run(WorkloadParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        using Exchange exchange = new(parameters.Parallelism);
        Worker[] workers = new Worker[parameters.Parallelism];
        Thread[] threads = new Thread[parameters.Parallelism];
        for (int i = 0; i < workers.Length; i++)
        {
            Worker worker = parameters.Job.Kind == WorkloadKind.Stateless
                ? new StatelessWorker(parameters, i, exchange)
                : new KeyedWorker(parameters, i, exchange);
            workers[i] = worker;
            threads[i] = new Thread(worker.RunToEnd) { Name = $"loop-{i}", IsBackground = true };
        }

        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;

        WorkloadResult result = default;
        foreach (Worker worker in workers)
        {
            result = result with { Count = result.Count + worker.Count, Sum = result.Sum + worker.Sum };
            worker.Dispose();
        }

        if (exchange.Failure is { } failure)
        {
            throw new InvalidOperationException($"The loop's job '{parameters.Job.Name}' failed: {failure.Message}", failure);
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(workers.Min(w => w.Started), workers.Max(w => w.Ended));
        return result with { Seconds = elapsed.TotalSeconds, AllocatedBytes = allocated };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>Zeroed native memory; large pieces begin on a 2 MiB boundary and ask for huge pages.</summary>
    private static unsafe class Memory
    {
        private const nuint HugePage = 2 << 20;
        private const int AdviseHugePage = 14;

        public static void* Allocate(nuint bytes)
        {
            bool huge = bytes >= HugePage;
            void* start = NativeMemory.AlignedAlloc(bytes, huge ? HugePage : 64);
            if (huge && OperatingSystem.IsLinux())
            {
                // Advice only: where it is refused the memory works all the same.
                _ = Advise(start, bytes, AdviseHugePage);
            }

            NativeMemory.Clear(start, bytes);
            return start;
        }

        public static void Free(void* start) => NativeMemory.AlignedFree(start);

        [DllImport("libc", EntryPoint = "madvise")]
        private static extern int Advise(void* start, nuint bytes, int advice);
    }

    /// <summary>A run of records by column, in native memory, on its way from one worker to one other.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Batch
    {
        public long Count;
        public int Stream;
        public int From;
        public long Watermark;
        private fixed long _gap[5];
        public fixed long Keys[BatchSize];
        public fixed long Values[BatchSize];
        public fixed long Times[BatchSize];
    }

    /// <summary>A bounded queue of batches between two threads. The ends lie on cache lines of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private unsafe struct Ring
    {
        public const int Capacity = 16;

        [FieldOffset(0)]
        private fixed long _slots[Capacity];

        [FieldOffset(128)]
        private long _taken;

        [FieldOffset(256)]
        private long _put;

        /// <summary>Producer only. There are never more batches between two workers than slots.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Put(Batch* batch)
        {
            _slots[_put & (Capacity - 1)] = (long)batch;
            Volatile.Write(ref _put, _put + 1);
        }

        /// <summary>Consumer only; null when nothing waits.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Batch* Take()
        {
            if (_taken == Volatile.Read(ref _put))
            {
                return null;
            }

            Batch* batch = (Batch*)_slots[_taken & (Capacity - 1)];
            Volatile.Write(ref _taken, _taken + 1);
            return batch;
        }
    }

    /// <summary>
    /// The rings between all pairs of workers, one with batches to consume and one with empty ones on their way back. The batches of a pair
    /// are made beforehand, so a producer without an empty one waits: that is the backpressure.
    /// </summary>
    private sealed unsafe class Exchange : IDisposable
    {
        private readonly int _parallelism;
        private readonly Ring* _rings;
        private readonly byte* _batches;
        private Exception? _failure;

        public Exchange(int parallelism)
        {
            _parallelism = parallelism;
            int pairs = parallelism * parallelism;
            _rings = (Ring*)Memory.Allocate((nuint)(2 * pairs * sizeof(Ring)));
            // Batches of equal columns on equal page offsets would fight for the same cache sets.
            int stride = sizeof(Batch) + 192;
            _batches = (byte*)Memory.Allocate((nuint)pairs * Ring.Capacity * (nuint)stride);
            for (int pair = 0; pair < pairs; pair++)
            {
                for (int i = 0; i < Ring.Capacity; i++)
                {
                    Empty(pair / parallelism, pair % parallelism)->Put((Batch*)(_batches + ((((long)pair * Ring.Capacity) + i) * stride)));
                }
            }
        }

        /// <summary>Why the first worker to fail did; the others stop when they see it.</summary>
        public Exception? Failure => Volatile.Read(ref _failure);

        public void Fail(Exception failure) => Interlocked.CompareExchange(ref _failure, failure, null);

        public Ring* Full(int from, int to) => _rings + (from * _parallelism) + to;

        public Ring* Empty(int from, int to) => _rings + (((_parallelism + from) * _parallelism) + to);

        public void Dispose()
        {
            Memory.Free(_rings);
            Memory.Free(_batches);
        }
    }

    /// <summary>Count and checksum of what one worker gave to its sink.</summary>
    private sealed class Sink
    {
        public long Count;
        public ulong Sum;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(long a, long b, long c)
        {
            Count++;
            Sum += Checksum.Record(a, b, c);
        }
    }

    /// <summary>One of the P threads.</summary>
    private abstract class Worker : IDisposable
    {
        private readonly Exchange _exchange;

        protected Worker(Exchange exchange) => _exchange = exchange;

        public long Started { get; private set; }

        public long Ended { get; private set; }

        public long Count => Sink.Count;

        public ulong Sum => Sink.Sum;

        protected Sink Sink { get; } = new();

        public void RunToEnd()
        {
            Started = Stopwatch.GetTimestamp();
            try
            {
                Work();
            }
            catch (Exception e)
            {
                _exchange.Fail(e);
            }

            Ended = Stopwatch.GetTimestamp();
        }

        public virtual void Dispose()
        {
        }

        protected abstract void Work();

        /// <summary>Where a source stands, with what making its events needs.</summary>
        protected sealed class Source(WorkloadParameters parameters, int source, int stream)
        {
            public readonly long End = parameters.EventsPerStream;
            public readonly long HashOffset = EventSource.HashOffset(parameters, stream);
            public readonly KeyRange Keys = new(parameters, source);
            public readonly long StepEvents = parameters.EventsPerTimeStep;
            public readonly long StepMs = parameters.TimeStepMs;
            public readonly int Stream = stream;
            public long Next = source;
            public long NextStep = parameters.EventsPerTimeStep;
            public long Time;

            /// <summary>Moves the time on to the next event's.</summary>
            public void Advance()
            {
                while (Next >= NextStep)
                {
                    NextStep += StepEvents;
                    Time += StepMs;
                }
            }
        }
    }

    /// <summary>Map and filter of its own source's events: nothing to exchange.</summary>
    private sealed unsafe class StatelessWorker(WorkloadParameters parameters, int self, Exchange exchange) : Worker(exchange)
    {
        private readonly Source _source = new(parameters, self, 0);
        private readonly int _parallelism = parameters.Parallelism;

        protected override void Work()
        {
            long* keys = stackalloc long[BatchSize];
            long* values = stackalloc long[BatchSize];
            while (_source.Next < _source.End)
            {
                _source.Advance();
                Give(keys, values, Filter(keys, values), _source.Time);
            }
        }

        /// <summary>
        /// Maps events up to the next value of the time, a batch's worth at most, and keeps the even ones. Every record is written and the
        /// place moves on only behind a kept one: a branch on the value would be guessed wrong half the time.
        /// </summary>
        private long Filter(long* kept, long* values)
        {
            KeyRange keys = _source.Keys;
            long offset = _source.HashOffset;
            long stride = _parallelism;
            long i = _source.Next;
            long stop = Math.Min(Math.Min(_source.End, _source.NextStep), i + (BatchSize * stride));
            long n = 0;
            for (; i < stop; i += stride)
            {
                ulong hash = Checksum.Mix((ulong)(i + offset) * Checksum.Golden);
                long value = ((long)(hash & 1023) * 3) + 1;
                kept[n] = keys.KeyOf(hash);
                values[n] = value;
                n += ~value & 1;
            }

            _source.Next = i;
            return n;
        }

        private void Give(long* keys, long* values, long n, long time)
        {
            ulong sum = 0;
            for (long i = 0; i < n; i++)
            {
                sum += Checksum.Record(keys[i], time, values[i]);
            }

            Sink.Count += n;
            Sink.Sum += sum;
        }
    }

    /// <summary>Makes its source's events, hands each to the worker its key belongs to, and aggregates the keys that are its own.</summary>
    private sealed unsafe class KeyedWorker : Worker
    {
        private readonly Exchange _exchange;
        private readonly int _self;
        private readonly int _parallelism;
        private readonly Source[] _sources;
        private readonly Operator _operator;
        private readonly Batch** _filling;
        private readonly long[] _watermarks;
        private long _watermark = long.MinValue;

        public KeyedWorker(WorkloadParameters parameters, int self, Exchange exchange)
            : base(exchange)
        {
            _exchange = exchange;
            _self = self;
            _parallelism = parameters.Parallelism;
            _sources = [.. Enumerable.Range(0, parameters.Job.Streams).Select(stream => new Source(parameters, self, stream))];
            _operator = Operator.Create(parameters.Job, Sink);
            _watermarks = new long[_sources.Length * _parallelism];
            Array.Fill(_watermarks, long.MinValue);
            _filling = (Batch**)Memory.Allocate((nuint)(_watermarks.Length * sizeof(Batch*)));
            for (int i = 0; i < _watermarks.Length; i++)
            {
                _filling[i] = exchange.Empty(self, i % _parallelism)->Take();
            }
        }

        public override void Dispose()
        {
            Memory.Free(_filling);
            _operator.Dispose();
        }

        protected override void Work()
        {
            int open = _sources.Length;
            int idle = 0;
            while (_watermark != long.MaxValue && _exchange.Failure is null)
            {
                bool worked = Drain();
                if (open > 0)
                {
                    open = 0;
                    foreach (Source source in _sources)
                    {
                        open += Generate(source) ? 1 : 0;
                    }
                }
                else if (!worked)
                {
                    Idle(ref idle);
                }
            }
        }

        private static void Idle(ref int idle)
        {
            if (++idle % 64 == 0)
            {
                Thread.Yield();
            }
            else
            {
                Thread.SpinWait(4);
            }
        }

        /// <summary>Makes up to a batch's worth of events; false when the source has ended.</summary>
        private bool Generate(Source source)
        {
            if (source.Next >= source.End)
            {
                return false;
            }

            KeyRange keys = source.Keys;
            long offset = source.HashOffset;
            long stride = _parallelism;
            ulong parallelism = (ulong)_parallelism;
            Batch** filling = _filling + (source.Stream * _parallelism);
            long i = source.Next;
            long end = Math.Min(source.End, i + (BatchSize * stride));
            while (i < end)
            {
                source.Advance();
                long time = source.Time;
                long stop = Math.Min(end, source.NextStep);
                for (; i < stop; i += stride)
                {
                    ulong hash = Checksum.Mix((ulong)(i + offset) * Checksum.Golden);
                    long key = keys.KeyOf(hash);
                    ulong target = ((((ulong)key * 0xC2B2AE3D27D4EB4F) >> 32) * parallelism) >> 32;
                    Batch* batch = filling[target];
                    long at = batch->Count;
                    batch->Keys[at] = key;
                    batch->Values[at] = (long)(hash & 1023);
                    batch->Times[at] = time;
                    batch->Count = at + 1;
                    if (at == BatchSize - 1)
                    {
                        Flush(source.Stream, (int)target, time - 1);
                    }
                }

                source.Next = i;
            }

            if (i < source.End)
            {
                return true;
            }

            for (int target = 0; target < _parallelism; target++)
            {
                Flush(source.Stream, target, long.MaxValue);
            }

            return false;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Flush(int stream, int target, long watermark)
        {
            Batch** filling = _filling + (stream * _parallelism) + target;
            Batch* batch = *filling;
            batch->Watermark = watermark;
            batch->Stream = stream;
            batch->From = _self;
            if (target == _self)
            {
                Consume(batch);
                return;
            }

            _exchange.Full(_self, target)->Put(batch);
            Ring* empty = _exchange.Empty(_self, target);
            int idle = 0;
            while ((*filling = empty->Take()) == null)
            {
                if (!Drain())
                {
                    Idle(ref idle);
                    if (_exchange.Failure is not null)
                    {
                        throw new OperationCanceledException("another worker failed");
                    }
                }
            }
        }

        /// <summary>Consumes what waits in the rings to this worker; false when nothing did.</summary>
        private bool Drain()
        {
            bool worked = false;
            for (int from = 0; from < _parallelism; from++)
            {
                if (from == _self)
                {
                    continue;
                }

                Ring* full = _exchange.Full(from, _self);
                Ring* empty = _exchange.Empty(from, _self);
                for (Batch* batch = full->Take(); batch != null; batch = full->Take())
                {
                    worked = true;
                    Consume(batch);
                    empty->Put(batch);
                }
            }

            return worked;
        }

        /// <summary>Aggregates the batch and leaves it empty.</summary>
        private void Consume(Batch* batch)
        {
            _operator.Process(batch);
            batch->Count = 0;
            int input = (batch->Stream * _parallelism) + batch->From;
            if (batch->Watermark <= _watermarks[input])
            {
                return;
            }

            _watermarks[input] = batch->Watermark;
            long watermark = long.MaxValue;
            foreach (long other in _watermarks)
            {
                watermark = Math.Min(watermark, other);
            }

            if (watermark > _watermark)
            {
                _watermark = watermark;
                _operator.Advance(watermark);
            }
        }
    }

    /// <summary>
    /// Open addressing with linear probing, at most half full. Every slot begins with its tag: the key plus one, or 0 while the slot is
    /// empty. Any 64-bit key will do: the one whose tag would be 0 has a slot behind the table.
    /// </summary>
    private sealed unsafe class Table<TSlot> : IDisposable
        where TSlot : unmanaged
    {
        private TSlot* _slots;
        private int _shift;
        private int _used;

        public Table(int capacity)
        {
            Capacity = capacity;
            _shift = 64 - BitOperations.Log2((uint)capacity);
            _slots = Allocate(capacity);
        }

        private long Capacity { get; set; }

        /// <summary>All slots, used or not, the one behind the table included.</summary>
        public TSlot* Slots => _slots;

        /// <summary>Behind the last of <see cref="Slots"/>.</summary>
        public TSlot* End => _slots + Capacity + 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Fetch(long key) => Prefetch(_slots + Home(key));

        /// <summary>The key's slot, new and zero when it had none. Valid until the next call.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TSlot* Find(long key)
        {
            TSlot* slot = _slots + Home(key);
            long tag = key + 1;
            return *(long*)slot == tag && tag != 0 ? slot : Probe(key);
        }

        /// <summary>Empties the table and keeps its memory.</summary>
        public void Clear()
        {
            NativeMemory.Clear(_slots, (nuint)((Capacity + 1) * sizeof(TSlot)));
            _used = 0;
        }

        public void Dispose() => Memory.Free(_slots);

        private static TSlot* Allocate(long capacity) => (TSlot*)Memory.Allocate((nuint)((capacity + 1) * sizeof(TSlot)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private nuint Home(long key) => (nuint)(((ulong)key * Checksum.Golden) >> _shift);

        [MethodImpl(MethodImplOptions.NoInlining)]
        private TSlot* Probe(long key)
        {
            long tag = key + 1;
            if (tag == 0)
            {
                return _slots + Capacity;
            }

            nuint mask = (nuint)(Capacity - 1);
            nuint at = Home(key);
            while (true)
            {
                TSlot* slot = _slots + at;
                long found = *(long*)slot;
                if (found == tag)
                {
                    return slot;
                }

                if (found == 0)
                {
                    if (2 * (_used + 1) > Capacity)
                    {
                        Grow();
                        return Probe(key);
                    }

                    _used++;
                    *(long*)slot = tag;
                    return slot;
                }

                at = (at + 1) & mask;
            }
        }

        private void Grow()
        {
            TSlot* old = _slots;
            long capacity = Capacity;
            _slots = Allocate(2 * capacity);
            Capacity = 2 * capacity;
            _shift--;
            nuint mask = (nuint)(Capacity - 1);
            for (TSlot* slot = old; slot < old + capacity; slot++)
            {
                if (*(long*)slot == 0)
                {
                    continue;
                }

                nuint at = Home(*(long*)slot - 1);
                while (*(long*)(_slots + at) != 0)
                {
                    at = (at + 1) & mask;
                }

                _slots[at] = *slot;
            }

            _slots[Capacity] = old[capacity];
            Memory.Free(old);
        }
    }

    /// <summary>What a worker does with the records of its keys.</summary>
    private abstract unsafe class Operator(Sink sink) : IDisposable
    {
        protected Sink Sink { get; } = sink;

        public static Operator Create(Workload job, Sink sink) => job.Kind switch
        {
            WorkloadKind.KeyedSum => new KeyedSum(sink),
            WorkloadKind.WindowCount => new Windows<CountSlot>(sink, job.SizeMs, job.SlideMs),
            WorkloadKind.WindowSum => new Windows<SumSlot>(sink, job.SizeMs, job.SlideMs),
            WorkloadKind.Session => new Sessions(sink, job.SizeMs),
            WorkloadKind.Join => new Join(sink, job.SizeMs),
            _ => throw new ArgumentException($"The loop has no keyed form of job '{job.Name}'.", nameof(job)),
        };

        public abstract void Process(Batch* batch);

        /// <summary>No record with a time up to the watermark comes any more.</summary>
        public virtual void Advance(long watermark)
        {
        }

        public abstract void Dispose();
    }

    private struct RunningSum
    {
        public long Tag;
        public long Sum;
    }

    private sealed unsafe class KeyedSum(Sink sink) : Operator(sink)
    {
        private readonly Table<RunningSum> _sums = new(4096);

        public override void Process(Batch* batch)
        {
            Table<RunningSum> sums = _sums;
            long n = batch->Count;
            ulong total = 0;
            for (long i = 0; i < n; i++)
            {
                sums.Fetch(batch->Keys[i + Lookahead]);
                long key = batch->Keys[i];
                RunningSum* slot = sums.Find(key);
                long sum = slot->Sum + batch->Values[i];
                slot->Sum = sum;
                total += Checksum.Record(key, sum, 0);
            }

            Sink.Count += n;
            Sink.Sum += total;
        }

        public override void Dispose() => _sums.Dispose();
    }

    /// <summary>What one key has in one slice or window.</summary>
    private unsafe interface IWindowSlot<TSelf>
        where TSelf : unmanaged, IWindowSlot<TSelf>
    {
        long Key { get; }

        /// <summary>Records of the key; what has none gives no result.</summary>
        long Records { get; }

        long Result { get; }

        void Add(long value);

        /// <summary>Adds the slice's part to the window's, or takes it away with sign −1.</summary>
        void Merge(TSelf* slice, long sign);
    }

    private unsafe struct CountSlot : IWindowSlot<CountSlot>
    {
        private long _tag;
        private long _count;

        public readonly long Key => _tag - 1;

        public readonly long Records => _count;

        public readonly long Result => _count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(long value) => _count++;

        public void Merge(CountSlot* slice, long sign) => _count += sign * slice->_count;
    }

    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private unsafe struct SumSlot : IWindowSlot<SumSlot>
    {
        private long _tag;
        private long _count;
        private long _sum;

        public readonly long Key => _tag - 1;

        public readonly long Records => _count;

        public readonly long Result => _sum;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(long value)
        {
            _count++;
            _sum += value;
        }

        public void Merge(SumSlot* slice, long sign)
        {
            _count += sign * slice->_count;
            _sum += sign * slice->_sum;
        }
    }

    /// <summary>
    /// Tumbling and sliding windows: a table per slice of one slide's length. A sliding window keeps the total of its slices, adding the one
    /// that enters and taking away the one that leaves.
    /// </summary>
    private sealed unsafe class Windows<TSlot> : Operator
        where TSlot : unmanaged, IWindowSlot<TSlot>
    {
        private readonly long _size;
        private readonly long _slide;
        private readonly Table<TSlot>? _total;
        private readonly Stack<Table<TSlot>> _free = new();
        private Table<TSlot>?[] _slices = new Table<TSlot>?[32];
        private Table<TSlot>? _current;
        private long _currentStart = long.MinValue;
        private long _nextEnd;
        private long _lastSlice = -1;

        public Windows(Sink sink, long size, long slide)
            : base(sink)
        {
            _size = size;
            _slide = slide;
            _nextEnd = slide;
            _total = size == slide ? null : new Table<TSlot>(1024);
        }

        /// <summary>The first slice a window that has not fired can still need.</summary>
        private long FirstSlice => Math.Max(0, (_nextEnd - _size) / _slide);

        public override void Process(Batch* batch)
        {
            Table<TSlot>? current = _current;
            long start = _currentStart;
            ulong slide = (ulong)_slide;
            long n = batch->Count;
            for (long i = 0; i < n; i++)
            {
                long time = batch->Times[i];
                if (current is null || (ulong)(time - start) >= slide)
                {
                    current = Open(time);
                    start = _currentStart;
                }

                current.Fetch(batch->Keys[i + Lookahead]);
                current.Find(batch->Keys[i])->Add(batch->Values[i]);
            }
        }

        public override void Advance(long watermark)
        {
            while (watermark >= _nextEnd - 1 && _nextEnd <= (_lastSlice * _slide) + _size)
            {
                Fire();
                _nextEnd += _slide;
            }
        }

        public override void Dispose()
        {
            _total?.Dispose();
            foreach (Table<TSlot>? table in _slices)
            {
                table?.Dispose();
            }

            while (_free.TryPop(out Table<TSlot>? table))
            {
                table.Dispose();
            }
        }

        private Table<TSlot> Open(long time)
        {
            long slice = time / _slide;
            if (time < _nextEnd - _slide)
            {
                throw new InvalidOperationException($"An event of time {time} came after the window ending at {_nextEnd - _slide} had fired.");
            }

            while (slice - FirstSlice >= _slices.Length)
            {
                Table<TSlot>?[] wider = new Table<TSlot>?[2 * _slices.Length];
                for (long s = FirstSlice; s <= _lastSlice; s++)
                {
                    wider[s & (wider.Length - 1)] = _slices[s & (_slices.Length - 1)];
                }

                _slices = wider;
            }

            ref Table<TSlot>? table = ref _slices[slice & (_slices.Length - 1)];
            table ??= _free.TryPop(out Table<TSlot>? used) ? used : new Table<TSlot>(1024);
            _lastSlice = Math.Max(_lastSlice, slice);
            _currentStart = slice * _slide;
            _current = table;
            return table;
        }

        private void Fire()
        {
            long entering = (_nextEnd / _slide) - 1;
            if (_total is null)
            {
                if (Slice(entering) is { } table)
                {
                    Emit(table);
                    Release(entering, table);
                }

                return;
            }

            if (Slice(entering) is { } entered)
            {
                Merge(entered, 1);
            }

            Emit(_total);
            long leaving = (_nextEnd - _size) / _slide;
            if (_nextEnd >= _size && Slice(leaving) is { } left)
            {
                Merge(left, -1);
                Release(leaving, left);
            }
        }

        private Table<TSlot>? Slice(long slice) => slice > _lastSlice ? null : _slices[slice & (_slices.Length - 1)];

        private void Release(long slice, Table<TSlot> table)
        {
            _slices[slice & (_slices.Length - 1)] = null;
            if (table == _current)
            {
                _current = null;
            }

            table.Clear();
            _free.Push(table);
        }

        private void Emit(Table<TSlot> table)
        {
            TSlot* end = table.End;
            for (TSlot* slot = table.Slots; slot < end; slot++)
            {
                if ((*slot).Records > 0)
                {
                    Sink.Add((*slot).Key, _nextEnd, (*slot).Result);
                }
            }
        }

        private void Merge(Table<TSlot> slice, long sign)
        {
            TSlot* end = slice.End;
            for (TSlot* slot = slice.Slots; slot < end; slot++)
            {
                if ((*slot).Records > 0)
                {
                    (*_total!.Find((*slot).Key)).Merge(slot, sign);
                }
            }
        }
    }

    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private struct Session
    {
        public long Tag;
        public long End;
        public long Count;
    }

    /// <summary>
    /// One open session per key: a key's events come in order, so an event behind the session's end closes it. A pass over the table closes
    /// those of keys that fell silent.
    /// </summary>
    private sealed unsafe class Sessions(Sink sink, long gap) : Operator(sink)
    {
        private readonly Table<Session> _sessions = new(4096);
        private long _nextPass;

        public override void Process(Batch* batch)
        {
            Table<Session> sessions = _sessions;
            long n = batch->Count;
            for (long i = 0; i < n; i++)
            {
                sessions.Fetch(batch->Keys[i + Lookahead]);
                long key = batch->Keys[i];
                long time = batch->Times[i];
                Session* slot = sessions.Find(key);
                if (slot->Count != 0 && time > slot->End)
                {
                    Sink.Add(key, slot->End, slot->Count);
                    slot->Count = 0;
                }

                slot->End = time + gap;
                slot->Count++;
            }
        }

        public override void Advance(long watermark)
        {
            if (watermark < _nextPass)
            {
                return;
            }

            _nextPass = watermark == long.MaxValue ? watermark : watermark + (gap / 2);
            Session* end = _sessions.End;
            for (Session* slot = _sessions.Slots; slot < end; slot++)
            {
                if (slot->Count != 0 && watermark >= slot->End - 1)
                {
                    Sink.Add(slot->Tag - 1, slot->End, slot->Count);
                    slot->Count = 0;
                }
            }
        }

        public override void Dispose() => _sessions.Dispose();
    }

    /// <summary>The values of one key and window: per stream their number and the newest chunk of them.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private unsafe struct JoinSlot
    {
        public long Tag;
        public fixed int Counts[2];
        public fixed int Newest[2];
    }

    /// <summary>Seven values and the chunk before: a cache line.</summary>
    private unsafe struct Chunk
    {
        public const int Size = 7;

        public fixed long Values[Size];
        public long Before;
    }

    private sealed unsafe class JoinWindow : IDisposable
    {
        private Chunk* _chunks = (Chunk*)Memory.Allocate((nuint)(1024 * sizeof(Chunk)));
        private int _capacity = 1024;
        private int _used;

        public Table<JoinSlot> Keys { get; } = new(1024);

        public Chunk* Chunks => _chunks;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(long key, int stream, long value)
        {
            JoinSlot* slot = Keys.Find(key);
            int count = slot->Counts[stream]++;
            int at = count % Chunk.Size;
            if (at == 0)
            {
                Begin(slot, stream);
            }

            _chunks[slot->Newest[stream]].Values[at] = value;
        }

        public void Clear()
        {
            Keys.Clear();
            _used = 0;
        }

        public void Dispose()
        {
            Keys.Dispose();
            Memory.Free(_chunks);
        }

        private void Begin(JoinSlot* slot, int stream)
        {
            if (_used == _capacity)
            {
                Chunk* wider = (Chunk*)Memory.Allocate((nuint)(2 * _capacity) * (nuint)sizeof(Chunk));
                NativeMemory.Copy(_chunks, wider, (nuint)_capacity * (nuint)sizeof(Chunk));
                Memory.Free(_chunks);
                _chunks = wider;
                _capacity *= 2;
            }

            _chunks[_used].Before = slot->Newest[stream];
            slot->Newest[stream] = _used++;
        }
    }

    /// <summary>Collects both streams' values per key and window; when a window fires, makes every pair of them.</summary>
    private sealed unsafe class Join : Operator
    {
        private readonly long _size;
        private readonly List<JoinWindow> _open = [];
        private readonly Stack<JoinWindow> _free = new();
        private long _firstEnd;
        private long _fold;

        public Join(Sink sink, long size)
            : base(sink)
        {
            _size = size;
            _firstEnd = size;
        }

        /// <summary>What was made of the pairs; kept so that making them cannot be left out.</summary>
        public long Fold => _fold;

        public override void Process(Batch* batch)
        {
            JoinWindow? window = null;
            long start = 0;
            int stream = batch->Stream;
            long n = batch->Count;
            for (long i = 0; i < n; i++)
            {
                long time = batch->Times[i];
                if (window is null || (ulong)(time - start) >= (ulong)_size)
                {
                    window = Open(time);
                    start = time / _size * _size;
                }

                window.Keys.Fetch(batch->Keys[i + Lookahead]);
                window.Add(batch->Keys[i], stream, batch->Values[i]);
            }
        }

        public override void Advance(long watermark)
        {
            while (watermark >= _firstEnd - 1 && _open.Count > 0)
            {
                JoinWindow window = _open[0];
                _open.RemoveAt(0);
                Fire(window);
                window.Clear();
                _free.Push(window);
                _firstEnd += _size;
            }
        }

        public override void Dispose()
        {
            foreach (JoinWindow window in _open.Concat(_free))
            {
                window.Dispose();
            }
        }

        private JoinWindow Open(long time)
        {
            if (time < _firstEnd - _size)
            {
                throw new InvalidOperationException($"An event of time {time} came after the window ending at {_firstEnd - _size} had fired.");
            }

            int index = (int)((time - (_firstEnd - _size)) / _size);
            while (_open.Count <= index)
            {
                _open.Add(_free.TryPop(out JoinWindow? used) ? used : new JoinWindow());
            }

            return _open[index];
        }

        private void Fire(JoinWindow window)
        {
            Chunk* chunks = window.Chunks;
            JoinSlot* end = window.Keys.End;
            long fold = _fold;
            for (JoinSlot* slot = window.Keys.Slots; slot < end; slot++)
            {
                JoinSlot* ahead = slot + Lookahead < end ? slot + Lookahead : slot;
                Prefetch(chunks + ahead->Newest[0]);
                Prefetch(chunks + ahead->Newest[1]);
                if (slot->Counts[0] == 0 || slot->Counts[1] == 0)
                {
                    continue;
                }

                long pairs = 0;
                Chunk* left = chunks + slot->Newest[0];
                for (int lefts = slot->Counts[0]; lefts > 0; left = chunks + left->Before)
                {
                    int inLeft = ((lefts - 1) % Chunk.Size) + 1;
                    lefts -= inLeft;
                    Chunk* right = chunks + slot->Newest[1];
                    for (int rights = slot->Counts[1]; rights > 0; right = chunks + right->Before)
                    {
                        int inRight = ((rights - 1) % Chunk.Size) + 1;
                        rights -= inRight;
                        for (int l = 0; l < inLeft; l++)
                        {
                            long value = left->Values[l];
                            for (int r = 0; r < inRight; r++)
                            {
                                fold = (fold * 31) + (value ^ right->Values[r]);
                                pairs++;
                            }
                        }
                    }
                }

                Sink.Add(slot->Tag - 1, _firstEnd, pairs);
            }

            _fold = fold;
        }
    }
}
