using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Tasklets;

namespace OrleansStream.Engine.Tests.Tasklets;

public sealed class BarrierAlignmentTests
{
    private readonly InputChannel[] _channels = Channels(3);

    [Fact]
    public void Channels_that_have_delivered_are_held_until_the_last_one_has()
    {
        BarrierAlignment alignment = new(_channels, hold: true);
        Assert.False(alignment.OnBarrier(_channels[1], Barrier(5), out _));
        Assert.False(alignment.OnBarrier(_channels[0], Barrier(5), out _));
        Assert.Equal([true, true, false], _channels.Select(c => c.IsHeld));
        Assert.True(alignment.OnBarrier(_channels[2], Barrier(5), out IReadOnlyList<long> superseded));
        Assert.Empty(superseded);
        Assert.All(_channels, c => Assert.False(c.IsHeld));
        Assert.Equal(0, alignment.Current);
    }

    /// <summary>Simulation, seed 187: a barrier that has overtaken at a sender on another node has no time to wait.</summary>
    [Fact]
    public void A_barrier_that_may_overtake_at_once_does_so_also_when_the_clock_is_set_back()
    {
        BarrierAlignment alignment = new(_channels, hold: true);
        CheckpointBarrier barrier = Barrier(5) with { Unaligned = true };
        alignment.OnAnnounced(_channels[0], new BarrierAnnouncement(barrier, 0, Overtakes: false), 10_000, out _);
        Assert.Equal(barrier, alignment.DueToOvertake(1));
        foreach (InputChannel channel in _channels)
        {
            alignment.OnBarrier(channel, barrier, out _);
        }

        Assert.True(alignment.OvertakesAtMs <= 1);
    }

    [Fact]
    public void A_newer_barrier_ends_the_wait_for_an_older_one()
    {
        BarrierAlignment alignment = new(_channels, hold: true);
        alignment.OnBarrier(_channels[0], Barrier(5), out _);
        Assert.False(alignment.OnBarrier(_channels[1], Barrier(6), out IReadOnlyList<long> superseded));
        Assert.Equal([5], superseded);
        Assert.Equal([false, true, false], _channels.Select(c => c.IsHeld));
        // The late one of the older checkpoint holds nothing.
        Assert.False(alignment.OnBarrier(_channels[2], Barrier(5), out _));
        Assert.False(_channels[2].IsHeld);
    }

    [Fact]
    public void An_abort_releases_the_channels_and_later_barriers_of_it_are_ignored()
    {
        BarrierAlignment alignment = new(_channels, hold: true);
        alignment.OnBarrier(_channels[0], Barrier(5), out _);
        alignment.Abort(5);
        Assert.All(_channels, c => Assert.False(c.IsHeld));
        Assert.False(alignment.OnBarrier(_channels[1], Barrier(5), out _));
        Assert.All(_channels, c => Assert.False(c.IsHeld));
    }

    [Fact]
    public void An_abort_that_comes_before_the_first_barrier_counts()
    {
        BarrierAlignment alignment = new(_channels, hold: true);
        alignment.Abort(5);
        foreach (InputChannel channel in _channels)
        {
            Assert.False(alignment.OnBarrier(channel, Barrier(5), out _));
            Assert.False(channel.IsHeld);
        }
    }

    [Fact]
    public void At_least_once_awaits_several_checkpoints_and_holds_nothing()
    {
        BarrierAlignment alignment = new(_channels, hold: false);
        foreach (long id in new long[] { 5, 6 })
        {
            Assert.False(alignment.OnBarrier(_channels[0], Barrier(id), out _));
            Assert.False(alignment.OnBarrier(_channels[1], Barrier(id), out _));
        }

        Assert.All(_channels, c => Assert.False(c.IsHeld));
        Assert.True(alignment.OnBarrier(_channels[2], Barrier(5), out IReadOnlyList<long> superseded));
        Assert.Empty(superseded);
        Assert.True(alignment.OnBarrier(_channels[2], Barrier(6), out _));
    }

    [Fact]
    public void At_least_once_a_complete_checkpoint_ends_the_wait_for_older_ones()
    {
        BarrierAlignment alignment = new(_channels, hold: false);
        alignment.OnBarrier(_channels[0], Barrier(5), out _);
        alignment.OnBarrier(_channels[0], Barrier(6), out _);
        alignment.OnBarrier(_channels[1], Barrier(6), out _);
        Assert.True(alignment.OnBarrier(_channels[2], Barrier(6), out IReadOnlyList<long> superseded));
        Assert.Equal([5], superseded);
        Assert.False(alignment.OnBarrier(_channels[1], Barrier(5), out _));
    }

    [Fact]
    public void The_same_barrier_twice_from_a_channel_breaks_an_invariant()
    {
        BarrierAlignment alignment = new(_channels, hold: true);
        alignment.OnBarrier(_channels[0], Barrier(5), out _);
        Assert.Throws<InvariantViolatedException>(() => alignment.OnBarrier(_channels[0], Barrier(5), out _));
    }

    private static CheckpointBarrier Barrier(long id) => new(id, "folder");

    private static InputChannel[] Channels(int count)
    {
        ExchangeMemory memory = new(1 << 20);
        InputPort<int> port = new(new Nowhere(), count);
        return [.. Enumerable.Range(0, count).Select(i => new InputChannel(new Channel(memory, i, 0), port, i))];
    }

    private sealed class Nowhere : IReceiver<int>
    {
        public int Receive(Batch<int> batch, int from) => batch.Count - from;

        public bool Control(in Element element) => true;
    }
}
