using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Tests.Time;

public sealed class SplitWatermarksTests
{
    private static readonly WatermarkStrategy<int> Late3 = WatermarkStrategy.BoundedOutOfOrderness<int>(TimeSpan.FromMilliseconds(3));

    [Fact]
    public void Periodic_takes_whole_batches_and_emits_at_ticks_only()
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.Periodic);
        watermarks.Add(0);

        Assert.True(watermarks.OnBatch(0, new int[3], [100, 120, 110], out int taken).IsNone);
        Assert.Equal(3, taken);
        Assert.Equal(Watermark(116), watermarks.OnTick(200));
        Assert.True(watermarks.OnTick(400).IsNone);
    }

    [Fact]
    public void After_batch_emits_after_each_batch_and_when_a_split_is_removed()
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.AfterBatch);
        watermarks.Add(0);
        watermarks.Add(1);

        Assert.True(watermarks.OnBatch(0, new int[2], [100, 90], out int taken).IsNone);
        Assert.Equal(2, taken);
        Assert.Equal(Watermark(76), watermarks.OnBatch(1, new int[2], [70, 80], out _));
        Assert.Equal(Watermark(96), watermarks.Remove(1));
    }

    [Fact]
    public void Per_record_splits_the_batch_where_the_watermark_of_the_reader_rises()
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.PerRecord);
        watermarks.Add(0);
        long[] timestamps = [10, 8, 9, 12, 11];

        Assert.Equal(Watermark(6), watermarks.OnBatch(0, new int[5], timestamps, out int taken));
        Assert.Equal(1, taken);
        Assert.Equal(Watermark(8), watermarks.OnBatch(0, new int[4], timestamps.AsSpan(1), out taken));
        Assert.Equal(3, taken);
        Assert.True(watermarks.OnBatch(0, new int[1], timestamps.AsSpan(4), out taken).IsNone);
        Assert.Equal(1, taken);
    }

    [Fact]
    public void Per_record_does_not_split_the_batch_while_another_split_holds_the_reader()
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.PerRecord);
        watermarks.Add(0);
        watermarks.Add(1);

        Assert.True(watermarks.OnBatch(0, new int[4], [10, 20, 30, 40], out int taken).IsNone);
        Assert.Equal(4, taken);
    }

    [Fact]
    public void Generator_that_emits_at_once_splits_the_batch_and_its_periodic_watermark_follows_the_batch()
    {
        SplitWatermarks<int> watermarks = new(WatermarkStrategy.ForGenerator(() => new Punctuated()), WatermarkTiming.AfterBatch);
        watermarks.Add(0);

        Assert.Equal(Watermark(20), watermarks.OnBatch(0, [1, 0, 1], [10, 20, 30], out int taken));
        Assert.Equal(2, taken);
        Assert.Equal(Watermark(25), watermarks.OnBatch(0, [1], [30], out taken));
        Assert.Equal(1, taken);
    }

    [Fact]
    public void Restored_watermark_goes_out_without_a_record()
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.AfterBatch);
        watermarks.Add(3, 500);
        watermarks.Add(1, 400);

        Assert.Equal(Watermark(400), watermarks.Emit());
    }

    [Fact]
    public void Restored_watermark_goes_out_with_the_first_tick_and_is_a_floor()
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.Periodic);
        watermarks.Add(0, 500);
        watermarks.Add(1, 400);

        Assert.Equal(Watermark(400), watermarks.OnTick(200));
        watermarks.OnBatch(1, new int[1], [300], out _);
        Assert.True(watermarks.OnTick(400).IsNone);
        Assert.Equal(400, watermarks.LastWatermark(1));
        watermarks.OnBatch(1, new int[1], [1000], out _);
        Assert.Equal(Watermark(500), watermarks.OnTick(600));
    }

    [Fact]
    public void Watermark_for_the_checkpoint_covers_records_since_the_last_tick()
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.Periodic);
        watermarks.Add(0);
        watermarks.OnBatch(0, new int[1], [100], out _);

        Assert.Equal(96, watermarks.LastWatermark(0));
    }

    [Fact]
    public void Records_without_a_timestamp_make_no_watermark()
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.AfterBatch);
        watermarks.Add(0);

        Assert.True(watermarks.OnBatch(0, new int[2], [Batch<int>.NoTimestamp, long.MinValue + 3], out _).IsNone);
        Assert.Equal(WatermarkChange.NoWatermark, watermarks.LastWatermark(0));
    }

    [Theory]
    [InlineData(WatermarkTiming.Periodic)]
    [InlineData(WatermarkTiming.AfterBatch)]
    [InlineData(WatermarkTiming.PerRecord)]
    public void Idle_split_is_left_out_and_holds_again_when_it_has_a_watermark(object timing)
    {
        SplitWatermarks<int> watermarks = new(Late3.WithIdleness(TimeSpan.FromMilliseconds(100)), (WatermarkTiming)timing);
        watermarks.Add(0);
        watermarks.Add(1);
        watermarks.OnBatch(0, new int[1], [10], out _);
        watermarks.OnBatch(1, new int[1], [20], out _);
        watermarks.OnTick(50);
        Assert.Equal(6, watermarks.Watermark);
        watermarks.OnBatch(1, new int[1], [30], out _);
        watermarks.OnTick(100);
        watermarks.OnBatch(1, new int[1], [40], out _);
        watermarks.OnTick(200);
        Assert.Equal(6, watermarks.Watermark);
        watermarks.OnTick(201);

        Assert.True(watermarks.IsSplitIdle(0));
        Assert.Equal(36, watermarks.Watermark);

        // The split's timestamps have not risen, yet its record makes it active again.
        watermarks.OnBatch(0, new int[1], [10], out _);
        watermarks.OnBatch(1, new int[1], [50], out _);
        watermarks.OnTick(250);
        Assert.False(watermarks.IsSplitIdle(0));
        Assert.Equal(36, watermarks.Watermark);
    }

    [Fact]
    public void Reader_without_splits_goes_idle_and_wakes_with_its_first_watermark()
    {
        SplitWatermarks<int> watermarks = new(Late3.WithIdleness(TimeSpan.FromMilliseconds(100)), WatermarkTiming.AfterBatch);

        Assert.True(watermarks.OnTick(10).IsNone);
        Assert.True(watermarks.OnTick(110).IsNone);
        Assert.Equal(new WatermarkChange(false, WatermarkChange.NoWatermark, true), watermarks.OnTick(111));
        watermarks.Add(0);
        Assert.Equal(new WatermarkChange(true, 6, false), watermarks.OnBatch(0, new int[1], [10], out _));
    }

    [Fact]
    public void End_sends_the_final_watermark_once()
    {
        SplitWatermarks<int> watermarks = new(WatermarkStrategy.None<int>(), WatermarkTiming.Periodic);
        watermarks.Add(0);
        watermarks.OnBatch(0, new int[1], [10], out _);

        Assert.True(watermarks.OnTick(200).IsNone);
        Assert.Equal(Watermark(long.MaxValue), watermarks.End());
        Assert.True(watermarks.End().IsNone);
    }

    [Fact]
    public void Split_that_is_not_there_is_a_broken_invariant()
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.Periodic);
        watermarks.Add(2);
        watermarks.Remove(2);

        Assert.Throws<InvariantViolatedException>(() => watermarks.OnBatch(2, new int[1], [10], out _));
        Assert.Throws<InvariantViolatedException>(() => watermarks.LastWatermark(7));
    }

    [Fact]
    public void Function_that_returns_no_generator_is_refused()
    {
        SplitWatermarks<int> watermarks = new(WatermarkStrategy.ForGenerator<int>(() => null!), WatermarkTiming.Periodic);

        Assert.Throws<JobDefinitionException>(() => watermarks.Add(0));
    }

    [Theory]
    [InlineData(200, false, null, WatermarkTiming.Periodic, 200)]
    [InlineData(0, false, null, WatermarkTiming.AfterBatch, 0)]
    [InlineData(0, false, 1000, WatermarkTiming.AfterBatch, 200)]
    [InlineData(200, true, 100, WatermarkTiming.PerRecord, 25)]
    public void Options_say_the_timing_and_how_often_to_tick(int interval, bool perRecord, int? idleness, object timing, long tick)
    {
        JobOptions options = new() { WatermarkInterval = TimeSpan.FromMilliseconds(interval), WatermarkPerRecord = perRecord };
        WatermarkStrategy<int> strategy = idleness is { } ms ? Late3.WithIdleness(TimeSpan.FromMilliseconds(ms)) : Late3;

        Assert.Equal((WatermarkTiming)timing, WatermarkTimings.Of(options));
        Assert.Equal(tick, WatermarkTimings.TickMs(options, strategy));
    }

    [Fact]
    public void Per_record_is_exact_whatever_the_batches()
    {
        Gen<(int Split, int Timestamp)> record =
            from split in Gen.Choose(0, 2)
            from timestamp in Gen.Choose(-50, 50)
            select (split, timestamp);
        Gen<((int, int)[] Records, int[] Sizes)> runs =
            from records in record.ArrayOf(40)
            from sizes in Gen.Choose(1, 30).ArrayOf(40)
            select (records, sizes);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(runs.ToArbitrary(), run => IsExact(run.Records, run.Sizes)));
    }

    [Fact]
    public void Largest_and_smallest_of_many_are_right_at_every_length()
    {
        Random random = new(7);
        for (int length = 0; length < 70; length++)
        {
            long[] values = [.. Enumerable.Range(0, length).Select(_ => random.NextInt64(long.MinValue, long.MaxValue))];

            Assert.Equal(values.Append(-5).Max(), Longs.Max(values, -5));
            Assert.Equal(values.Append(long.MaxValue).Min(), Longs.Min(values));
        }
    }

    [Theory]
    [InlineData(WatermarkTiming.Periodic)]
    [InlineData(WatermarkTiming.AfterBatch)]
    [InlineData(WatermarkTiming.PerRecord)]
    public void Records_and_ticks_cost_no_allocation(object timing)
    {
        SplitWatermarks<int> watermarks = new(Late3.WithIdleness(TimeSpan.FromSeconds(1)), (WatermarkTiming)timing);
        watermarks.Add(0);
        watermarks.Add(1);
        int[] values = new int[1024];
        long[] timestamps = [.. Enumerable.Range(0, 1024)];
        void Round(long now)
        {
            for (int split = 0; split < 2; split++)
            {
                for (int from = 0; from < values.Length;)
                {
                    watermarks.OnBatch(split, values.AsSpan(from), timestamps.AsSpan(from), out int taken);
                    from += taken;
                }
            }

            watermarks.OnTick(now);
        }

        Round(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round(2);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static WatermarkChange Watermark(long watermark) => new(false, watermark, false);

    /// <summary>Feeds runs of records of one split in pieces and compares the watermark behind each record with the definition.</summary>
    private static bool IsExact((int Split, int Timestamp)[] records, int[] sizes)
    {
        SplitWatermarks<int> watermarks = new(Late3, WatermarkTiming.PerRecord);
        long[] largest = [long.MinValue, long.MinValue, long.MinValue];
        for (int split = 0; split < 3; split++)
        {
            watermarks.Add(split);
        }

        List<long> expected = [];
        long last = long.MinValue;
        foreach ((int split, int timestamp) in records)
        {
            largest[split] = Math.Max(largest[split], timestamp);
            last = largest.Min() == long.MinValue ? last : Math.Max(last, largest.Min() - 4);
            expected.Add(last);
        }

        List<long> actual = [];
        int next = 0;
        while (actual.Count < records.Length)
        {
            int split = records[actual.Count].Split;
            long[] timestamps =
                [.. records.Skip(actual.Count).TakeWhile(record => record.Split == split).Take(sizes[next++ % sizes.Length]).Select(record => (long)record.Timestamp)];
            long before = watermarks.Watermark;
            WatermarkChange change = watermarks.OnBatch(split, new int[timestamps.Length], timestamps, out int taken);
            actual.AddRange(Enumerable.Repeat(before, taken - 1));
            actual.Add(watermarks.Watermark);
            Assert.Equal(change.HasWatermark ? change.Watermark : before, watermarks.Watermark);
        }

        Assert.Equal(expected, actual);
        return true;
    }

    /// <summary>Emits the timestamp of a record that is 0 at once, and otherwise 5 less than the last timestamp.</summary>
    private sealed class Punctuated : IWatermarkGenerator<int>
    {
        private long _last = long.MinValue;

        public long OnRecord(in int value, long timestamp)
        {
            _last = timestamp;
            return value == 0 ? timestamp : long.MinValue;
        }

        public long OnPeriodic() => _last == long.MinValue ? long.MinValue : _last - 5;
    }
}
