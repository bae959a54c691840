using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Tests.Time;

public sealed class StreamWatermarksTests
{
    [Fact]
    public void Watermarks_from_upstream_are_dropped_but_the_final_one()
    {
        StreamWatermarks<int> watermarks = new(WatermarkStrategy.Monotonous<int>(), WatermarkTiming.AfterBatch);

        Assert.True(watermarks.OnUpstreamWatermark(1000).IsNone);
        Assert.Equal(new WatermarkChange(false, 9, false), watermarks.OnBatch(new int[1], [10], out _));
        Assert.Equal(new WatermarkChange(false, long.MaxValue, false), watermarks.OnUpstreamWatermark(long.MaxValue));
        Assert.True(watermarks.OnBatch(new int[1], [20], out _).IsNone);
    }

    [Fact]
    public void Idle_output_wakes_with_a_watermark_that_rises()
    {
        WatermarkStrategy<int> strategy = WatermarkStrategy.Monotonous<int>().WithIdleness(TimeSpan.FromMilliseconds(10));
        StreamWatermarks<int> watermarks = new(strategy, WatermarkTiming.Periodic);

        Assert.True(watermarks.OnTick(1).IsNone);
        Assert.True(watermarks.OnTick(11).IsNone);
        Assert.Equal(new WatermarkChange(false, WatermarkChange.NoWatermark, true), watermarks.OnTick(12));
        Assert.True(watermarks.OnTick(13).IsNone);
        Assert.True(watermarks.OnBatch(new int[1], [10], out _).IsNone);
        Assert.True(watermarks.IsIdle);
        Assert.Equal(new WatermarkChange(true, 9, false), watermarks.OnTick(14));
    }

    [Fact]
    public void Per_record_splits_the_batch_at_each_rise()
    {
        StreamWatermarks<int> watermarks = new(WatermarkStrategy.Monotonous<int>(), WatermarkTiming.PerRecord);

        Assert.Equal(new WatermarkChange(false, 9, false), watermarks.OnBatch(new int[3], [10, 10, 11], out int taken));
        Assert.Equal(1, taken);
        Assert.Equal(new WatermarkChange(false, 10, false), watermarks.OnBatch(new int[2], [10, 11], out taken));
        Assert.Equal(2, taken);
    }
}
