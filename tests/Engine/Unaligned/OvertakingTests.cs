using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.InFlight;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Tests.Unaligned;

/// <summary>A barrier's place in a channel, and what a subtask makes of it.</summary>
public sealed class OvertakingTests
{
    private static readonly InFlightEdge<int> s_edge = new("to", "from", 1, 1, SerializerRegistry.CreateDefault());

    [Fact]
    public void A_barrier_that_overtakes_is_seen_at_once_and_stands_behind_what_is_in_the_channel()
    {
        Channel channel = Fill(new Channel(new ExchangeMemory(long.MaxValue), 0, 0), Channel.MaxBatches);
        Assert.Null(channel.Announced);
        channel.Overtake(Barrier(5));
        Assert.Equal(new BarrierAnnouncement(Barrier(5), Channel.MaxBatches, true), channel.Announced);
        channel.Advance();
        Fill(channel, 1);
        Assert.Equal(Channel.MaxBatches, channel.Announced!.Position);
        Assert.Equal(1, channel.ReadPosition);
    }

    [Fact]
    public void A_barrier_in_the_queue_is_announced_with_its_place_unless_it_never_overtakes()
    {
        Channel channel = Fill(new Channel(new ExchangeMemory(long.MaxValue), 0, 0), 3);
        channel.TryEnqueue(Element.Barrier(new CheckpointBarrier(4, "savepoint")));
        Assert.Null(channel.Announced);
        channel.TryEnqueue(Element.Barrier(Barrier(5)));
        Assert.Equal(new BarrierAnnouncement(Barrier(5), 4, false), channel.Announced);
    }

    [Fact]
    public void A_lane_keeps_what_it_has_not_sent_and_sends_the_barrier_ahead_of_it()
    {
        Lane<Batch<int>> lane = new(new Channel(new ExchangeMemory(0), 0, 0)) { Building = Batch(7) };
        for (int i = 0; i < 5; i++)
        {
            lane.Send(new Element(ElementKind.Batch, 100, Batch(i)));
            lane.Send(Element.Watermark(i));
        }

        InFlightSequence<int> unsent = (InFlightSequence<int>)s_edge.NewSequence(0, 0, InFlightPart.Unsent);
        lane.Overtake(Barrier(5), unsent);
        // Two batches are in the channel, with a watermark behind each.
        Assert.Equal(4, lane.Channel.Announced!.Position);
        Assert.Equal(["2", "W2", "3", "W3", "4", "W4", "7"], Content(unsent));
        Assert.Equal(6, lane.Backlog);
    }

    [Fact]
    public void A_barrier_that_waits_in_a_lane_overtakes_what_is_before_it_only()
    {
        CheckpointBarrier barrier = Barrier(5);
        Lane<Batch<int>> lane = new(new Channel(new ExchangeMemory(0), 0, 0));
        for (int i = 0; i < 4; i++)
        {
            lane.Send(new Element(ElementKind.Batch, 100, Batch(i)));
        }

        lane.Send(Element.Barrier(barrier));
        lane.Send(Element.Watermark(9));
        Assert.True(lane.HasQueued(barrier));
        InFlightSequence<int> unsent = (InFlightSequence<int>)s_edge.NewSequence(0, 0, InFlightPart.Unsent);
        lane.Overtake(barrier, unsent);
        Assert.Equal(["2", "3"], Content(unsent));
        Assert.False(lane.HasQueued(barrier));
        Assert.Equal(3, lane.Backlog);
    }

    [Fact]
    public void A_barrier_overtakes_when_its_time_has_come_and_broadcast_channels_have_delivered_it()
    {
        InputChannel[] channels = Channels(3);
        BarrierAlignment alignment = new(channels, hold: true);
        CheckpointBarrier barrier = Barrier(5, timeoutMs: 20);
        alignment.OnAnnounced(channels[0], new BarrierAnnouncement(barrier, 0, false), 100, out _);
        Assert.Equal(120, alignment.OvertakesAtMs);
        Assert.Null(alignment.DueToOvertake(119));
        Assert.Null(alignment.DueToOvertake(120));
        alignment.OnBarrier(channels[2], barrier, out _);
        Assert.Null(alignment.DueToOvertake(119));
        Assert.Equal(barrier, alignment.DueToOvertake(120));
        alignment.Taken(barrier);
        Assert.All(channels, c => Assert.False(c.IsHeld));
        Assert.Equal(long.MaxValue, alignment.OvertakesAtMs);
        Assert.False(alignment.OnBarrier(channels[1], barrier, out _));
        Assert.False(channels[1].IsHeld);
    }

    [Fact]
    public void A_barrier_that_has_overtaken_upstream_does_not_wait_for_its_time()
    {
        InputChannel[] channels = Channels(2);
        BarrierAlignment alignment = new(channels, hold: true);
        CheckpointBarrier barrier = Barrier(5, timeoutMs: 20);
        alignment.OnBarrier(channels[1], barrier, out _);
        alignment.OnAnnounced(channels[0], new BarrierAnnouncement(barrier, 3, true), 101, out _);
        Assert.Equal(3, channels[0].BarrierAt);
        Assert.Equal(barrier, alignment.DueToOvertake(101));
    }

    [Fact]
    public void A_newer_announcement_ends_the_wait_for_an_older_barrier_and_an_abort_forgets_it()
    {
        InputChannel[] channels = Channels(2);
        BarrierAlignment alignment = new(channels, hold: true);
        alignment.OnBarrier(channels[0], Barrier(5), out _);
        alignment.OnAnnounced(channels[1], new BarrierAnnouncement(Barrier(6), 2, true), 7, out IReadOnlyList<long> superseded);
        Assert.Equal([5], superseded);
        Assert.False(channels[0].IsHeld);
        alignment.Abort(6);
        Assert.Equal(-1, channels[1].BarrierAt);
        Assert.Null(alignment.DueToOvertake(long.MaxValue));
        alignment.OnAnnounced(channels[0], new BarrierAnnouncement(Barrier(6), 0, true), 8, out _);
        Assert.Null(alignment.DueToOvertake(long.MaxValue));
    }

    [Fact]
    public void Reading_past_a_barrier_that_overtook_breaks_an_invariant()
    {
        InputChannel[] channels = Channels(1);
        Fill(channels[0].Channel, 2);
        channels[0].Channel.Advance();
        channels[0].Channel.Advance();
        BarrierAlignment alignment = new(channels, hold: true);
        Assert.Contains(
            "Invariant 9",
            Assert.Throws<InvariantViolatedException>(() => alignment.OnAnnounced(channels[0], new BarrierAnnouncement(Barrier(5), 1, true), 0, out _)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_recorded_is_read_again_in_order_and_a_half_read_rest_too()
    {
        InFlightSequence<int> sequence = (InFlightSequence<int>)s_edge.NewSequence(1, 2, InFlightPart.Received);
        sequence.AddControl(Element.Watermark(3));
        sequence.AddRecords(Batch(1, 2, 3, 4), 1);
        sequence.AddControl(Element.Status(idle: true));
        sequence.Add(Element.Barrier(Barrier(5)), 0);
        sequence.Add(Element.EndOfInput, 0);
        sequence.AddRecords(Batch(5), 0);
        Assert.Equal(["W3", "2", "3", "4", "idle", "5"], Content(RoundTrip(sequence)));
        sequence.TakeControl();
        sequence.Take(2);
        Assert.Equal(["W3", "4", "idle", "5"], Content(RoundTrip(sequence.Remainder(0, 2))));
    }

    private static InFlightSequence<int> RoundTrip(InFlightSequence<int> sequence)
    {
        DataWriter writer = new();
        sequence.Write(writer);
        DataReader reader = new(writer.ToArray());
        InFlightSequence<int> read = InFlightSequence<int>.Read(reader, s_edge, s_edge.Serializer, to => to == 2)!;
        Assert.Equal(0, reader.Remaining);
        Assert.Null(InFlightSequence<int>.Read(new DataReader(writer.ToArray()), s_edge, s_edge.Serializer, to => to != 2));
        return read;
    }

    private static List<string> Content(InFlightSequence<int> sequence)
    {
        List<string> content = [];
        while (!sequence.IsExhausted)
        {
            if (sequence.NextRecords(out int from) is { } records)
            {
                content.Add($"{records.Values[from]}");
                sequence.Take(1);
            }
            else
            {
                Element control = sequence.TakeControl();
                content.Add(control.Kind == ElementKind.Watermark ? $"W{control.Value}" : control.IsIdle ? "idle" : "active");
            }
        }

        return content;
    }

    private static Batch<int> Batch(params int[] values)
    {
        Batch<int> batch = new(8);
        foreach (int value in values)
        {
            batch.Add(value, value);
        }

        return batch;
    }

    private static Channel Fill(Channel channel, int batches)
    {
        for (int i = 0; i < batches; i++)
        {
            Assert.True(channel.TryEnqueue(new Element(ElementKind.Batch, 1, Batch(i))));
        }

        return channel;
    }

    private static CheckpointBarrier Barrier(long id, long timeoutMs = 0) => new(id, "folder", Unaligned: true, AlignedTimeoutMs: timeoutMs);

    /// <summary>The last one is a broadcast.</summary>
    private static InputChannel[] Channels(int count)
    {
        ExchangeMemory memory = new(1 << 20);
        InputPort<int> port = new(new Nowhere(), count);
        return [.. Enumerable.Range(0, count).Select(i => new InputChannel(new Channel(memory, i, 0), port, i) { IsAlwaysAligned = count > 1 && i == count - 1 })];
    }

    private sealed class Nowhere : IReceiver<int>
    {
        public int Receive(Batch<int> batch, int from) => batch.Count - from;

        public bool Control(in Element element) => true;
    }
}
