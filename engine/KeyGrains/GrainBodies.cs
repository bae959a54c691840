using System.Collections;

namespace OrleansStream.Engine.KeyGrains;

/// <summary>The records of a call, in their order. Reading one makes its timestamp that of what is emitted.</summary>
internal sealed class GrainBatch<TItem, TOut>(FunctionContext context) : IReadOnlyList<TItem>
{
    private TItem[] _items = [];
    private long[] _timestamps = [];

    public int Count { get; private set; }

    public Output<TOut>? Output { get; set; }

    public TItem this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            context.Timestamp = Output!.Timestamp = _timestamps[index];
            return _items[index];
        }
    }

    public TItem First => _items[0];

    public void Add(in TItem item, long timestamp)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(4, Count * 2));
            Array.Resize(ref _timestamps, Math.Max(4, Count * 2));
        }

        _items[Count] = item;
        _timestamps[Count++] = timestamp;
    }

    public void Clear()
    {
        Array.Clear(_items, 0, Count);
        Count = 0;
    }

    public IEnumerator<TItem> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The user's object of one key, and how it is called. Calls come on the host's threads, one at a time.</summary>
internal abstract class GrainBody<TKey, TItem, TOut>
{
    public abstract StreamFunction Function { get; }

    public abstract ValueTask ProcessAsync(GrainBatch<TItem, TOut> batch, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel);

    public abstract ValueTask OnTimerAsync(FiredTimer timer, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel);

    public virtual ValueTask OnTellAsync(object message, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel) =>
        throw new InvariantViolatedException("A function that takes no messages was told one.");
}

internal sealed class KeyGrainBody<TKey, TIn, TOut>(KeyGrain<TKey, TIn, TOut> grain) : GrainBody<TKey, TIn, TOut>
{
    public override StreamFunction Function => grain;

    public override ValueTask ProcessAsync(GrainBatch<TIn, TOut> batch, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel)
    {
        grain.CallContext = context;
        return grain.ProcessAsync(batch, output, cancel);
    }

    public override ValueTask OnTimerAsync(FiredTimer timer, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel)
    {
        grain.CallContext = context;
        return grain.OnTimerAsync(timer, output, cancel);
    }

    public override ValueTask OnTellAsync(object message, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel)
    {
        grain.CallContext = context;
        return grain.OnTellAsync(message, output, cancel);
    }
}

/// <summary>A keyed process function that is run per key.</summary>
internal sealed class FunctionBody<TKey, TIn, TOut>(KeyedProcessFunction<TKey, TIn, TOut> function) : GrainBody<TKey, TIn, TOut>
{
    public override StreamFunction Function => function;

    public override ValueTask ProcessAsync(GrainBatch<TIn, TOut> batch, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            function.Process(batch[i], context, output);
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask OnTimerAsync(FiredTimer timer, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel)
    {
        function.OnTimer(in timer, context, output);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A record of one of two streams.</summary>
internal readonly record struct EitherRecord<T1, T2>(bool IsSecond, T1 First, T2 Second)
{
    public override string ToString() => IsSecond ? $"{Second} of the second input" : $"{First} of the first input";
}

/// <summary>A keyed function over two streams that is run per key.</summary>
internal sealed class CoFunctionBody<TKey, T1, T2, TOut>(KeyedCoProcessFunction<TKey, T1, T2, TOut> function) : GrainBody<TKey, EitherRecord<T1, T2>, TOut>
{
    public override StreamFunction Function => function;

    public override ValueTask ProcessAsync(GrainBatch<EitherRecord<T1, T2>, TOut> batch, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            EitherRecord<T1, T2> record = batch[i];
            if (record.IsSecond)
            {
                function.Process2(record.Second, context, output);
            }
            else
            {
                function.Process1(record.First, context, output);
            }
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask OnTimerAsync(FiredTimer timer, GrainContext<TKey> context, Output<TOut> output, CancellationToken cancel)
    {
        function.OnTimer(in timer, context, output);
        return ValueTask.CompletedTask;
    }
}
