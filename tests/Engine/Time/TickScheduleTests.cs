using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Tests.Time;

/// <summary>When sources tick.</summary>
public sealed class TickScheduleTests
{
    [Theory]
    [InlineData(0, 200, 200)]
    [InlineData(1, 200, 200)]
    [InlineData(199, 200, 200)]
    [InlineData(200, 200, 400)]
    [InlineData(1234, 5, 1235)]
    [InlineData(7, 1, 8)]
    public void All_tick_at_the_multiples_of_the_interval_whenever_they_began(long startMs, long intervalMs, long firstMs)
    {
        TickSchedule ticks = new(intervalMs);
        ticks.Start(startMs);
        Assert.Equal(firstMs, ticks.NextMs);
        Assert.False(ticks.IsDue(firstMs - 1));
        Assert.True(ticks.IsDue(firstMs));
        Assert.Equal(firstMs + intervalMs, ticks.NextMs);
    }

    [Fact]
    public void A_tick_that_came_late_is_one_and_the_next_is_in_time()
    {
        TickSchedule ticks = new(100);
        ticks.Start(1000);
        Assert.True(ticks.IsDue(1370));
        Assert.False(ticks.IsDue(1399));
        Assert.True(ticks.IsDue(1400));
    }

    [Fact]
    public void Without_an_interval_there_is_none()
    {
        TickSchedule ticks = new(0);
        ticks.Start(1000);
        Assert.Equal(long.MaxValue, ticks.NextMs);
        Assert.False(ticks.IsDue(long.MaxValue - 1));
    }
}
