using OrleansStream.State;

namespace OrleansStream;

/// <summary>
/// Keeps the records of both streams in order of time until no partner can come on time; a record looks up its partners by binary search. Timers only remove.
/// </summary>
internal sealed class IntervalJoinFunction<TKey, T1, T2, TOut>(
    JoinInterval interval, OutputTag<T1>? lateFirst, OutputTag<T2>? lateSecond, Func<T1, T2, TOut> select) : KeyedCoProcessFunction<TKey, T1, T2, TOut>
{
    private ValueState<List<TimedRecord<T1>>> _first = null!;
    private ValueState<List<TimedRecord<T2>>> _second = null!;

    public override void Open(OpenContext context)
    {
        _first = context.State.Value<List<TimedRecord<T1>>>("first");
        _second = context.State.Value<List<TimedRecord<T2>>>("second");
    }

    public override void Process1(in T1 value, KeyedContext<TKey> context, Output<TOut> output)
    {
        long timestamp = context.Timestamp;
        if (IsLate(in value, lateFirst, context))
        {
            return;
        }

        Insert(_first, in value, timestamp);
        context.Timers.RegisterEventTime(timestamp + Math.Max(interval.Upper, 0));
        if (!_second.TryGet(out List<TimedRecord<T2>>? partners))
        {
            return;
        }

        for (int i = LowerBound(partners, timestamp + interval.Lower); i < partners.Count && partners[i].Timestamp <= timestamp + interval.Upper; i++)
        {
            output.Emit(select(value, partners[i].Value), Math.Max(timestamp, partners[i].Timestamp));
        }
    }

    public override void Process2(in T2 value, KeyedContext<TKey> context, Output<TOut> output)
    {
        long timestamp = context.Timestamp;
        if (IsLate(in value, lateSecond, context))
        {
            return;
        }

        Insert(_second, in value, timestamp);
        context.Timers.RegisterEventTime(timestamp - Math.Min(interval.Lower, 0));
        if (!_first.TryGet(out List<TimedRecord<T1>>? partners))
        {
            return;
        }

        for (int i = LowerBound(partners, timestamp - interval.Upper); i < partners.Count && partners[i].Timestamp <= timestamp - interval.Lower; i++)
        {
            output.Emit(select(partners[i].Value, value), Math.Max(timestamp, partners[i].Timestamp));
        }
    }

    public override void OnTimer(in FiredTimer timer, KeyedContext<TKey> context, Output<TOut> output)
    {
        RemoveThrough(_first, timer.Time - Math.Max(interval.Upper, 0));
        RemoveThrough(_second, timer.Time + Math.Min(interval.Lower, 0));
    }

    private static bool IsLate<T>(in T value, OutputTag<T>? tag, KeyedContext<TKey> context)
    {
        if (context.Timestamp == Batch<T>.NoTimestamp)
        {
            throw new JobDefinitionException(
                "the record has no timestamp, which a join between times needs. Give the source a WatermarkStrategy with WithTimestamps, or call AssignTimestamps before the join.");
        }

        if (context.Timestamp >= context.Watermark)
        {
            return false;
        }

        if (tag is null)
        {
            context.CountLate();
        }
        else
        {
            context.Emit(tag, in value);
        }

        return true;
    }

    private static void Insert<T>(ValueState<List<TimedRecord<T>>> state, in T value, long timestamp)
    {
        List<TimedRecord<T>> records = state.TryGet(out List<TimedRecord<T>>? there) ? there : [];
        int at = records.Count == 0 || records[^1].Timestamp <= timestamp ? records.Count : LowerBound(records, timestamp + 1);
        records.Insert(at, new TimedRecord<T>(value, timestamp));
        state.Set(records);
    }

    private static void RemoveThrough<T>(ValueState<List<TimedRecord<T>>> state, long timestamp)
    {
        if (!state.TryGet(out List<TimedRecord<T>>? records))
        {
            return;
        }

        int gone = timestamp == long.MaxValue ? records.Count : LowerBound(records, timestamp + 1);
        if (gone == records.Count)
        {
            state.Clear();
        }
        else if (gone > 0)
        {
            records.RemoveRange(0, gone);
            state.Set(records);
        }
    }

    /// <summary>The first record that is not before a time.</summary>
    private static int LowerBound<T>(List<TimedRecord<T>> records, long timestamp)
    {
        int low = 0;
        int high = records.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (records[middle].Timestamp < timestamp)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
