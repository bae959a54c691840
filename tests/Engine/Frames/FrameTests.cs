using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Frames;
using OrleansStream.Keys;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Tests.Frames;

public sealed class FrameTests
{
    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(0.3, 0.0)]
    [InlineData(0.0, 0.3)]
    [InlineData(0.3, 0.3)]
    public void Elements_arrive_once_and_in_order_whatever_is_lost_repeated_or_reordered(double loss, double repeats)
    {
        for (int seed = 1; seed <= 40; seed++)
        {
            FrameWire wire = new(seed, loss, repeats, budget: seed % 3 == 0 ? 0 : 10 * FrameLimits.TargetBytes);
            List<string> sent = [];
            SeededRandom random = new(seed);
            while (sent.Count < 200)
            {
                wire.Offer(FrameWire.RandomElement(random), sent);
                wire.Step();
                if (random.Next(3) == 0)
                {
                    wire.Consume();
                }

                wire.RequireInBudget();
            }

            wire.Finish(sent.Count);
            Assert.Equal(sent, wire.Received);
            Assert.Equal(0, wire.Sender.UnansweredBytes);
            wire.Receiver.Close();
            Assert.Equal(0, wire.Memory.Used);
        }
    }

    [Fact]
    public void Frames_that_overtake_each_other_within_their_grant_are_taken_without_a_repetition()
    {
        Channel channel = new(new ExchangeMemory(0), 0, 0);
        List<(long Received, long Limit)> answers = [];
        ExchangeMemory memory = new(4 * FrameLimits.TargetBytes);
        FrameReceiver receiver = new(default, channel, memory, (received, limit) => answers.Add((received, limit))) { Codec = new BatchCodec<string>(SerializerRegistry.CreateDefault().Get<string>()) };
        void Receive(long number)
        {
            DataWriter writer = new();
            Element watermark = Element.Watermark(number);
            ElementCodec.WriteControl(writer, in watermark);
            receiver.Receive(new ExchangeFrame("job", 1, "n1", default, number, writer.ToArray()));
        }

        foreach (long number in (long[])[1, 4, 3, 6, 5, 2, 3, 99])
        {
            Receive(number);
        }

        Assert.Equal((6, 6), answers[^1]);
        Assert.True(receiver.Pump());
        for (long number = 1; number <= 6; number++)
        {
            Assert.Equal(number, channel.TryPeek(out bool found).Value);
            Assert.True(found);
            channel.Advance();
        }

        channel.TryPeek(out bool more);
        Assert.False(more);
    }

    [Fact]
    public void A_barrier_that_overtakes_at_the_sender_arrives_behind_what_was_in_the_channel_and_before_the_rest()
    {
        int overtaken = 0;
        for (int seed = 1; seed <= 40; seed++)
        {
            FrameWire wire = new(seed, 0.2, 0.2, budget: 0);
            List<string> sent = [];
            SeededRandom random = new(seed);
            int before = random.Next(30);
            for (int i = 0; i < 60; i++)
            {
                wire.Offer(FrameWire.BigBatch(random), sent);
                wire.Step();
                if (i == before)
                {
                    overtaken += wire.Overtake(new CheckpointBarrier(seed, "a/folder", Unaligned: true, AlignedTimeoutMs: seed), sent) ? 1 : 0;
                }
            }

            wire.Finish(sent.Count);
            Assert.Equal(sent, wire.Received);
        }

        Assert.InRange(overtaken, 5, 40);
    }

    [Fact]
    public void A_consumer_that_stands_still_for_ten_minutes_closes_the_window_and_nothing_else()
    {
        FrameWire wire = new(1, 0.1, 0.1, budget: 3 * FrameLimits.TargetBytes);
        SeededRandom random = new(1);
        List<string> sent = [];
        long until = wire.NowMs + 600_000;
        long mostBytes = 0;
        while (wire.NowMs < until)
        {
            wire.Offer(FrameWire.BigBatch(random), sent);
            wire.Step();
            wire.Tick(50);
            mostBytes = Math.Max(mostBytes, wire.Sender.UnansweredBytes + wire.Receiver.WaitingBytes);
            wire.RequireInBudget();
        }

        Assert.True(wire.Sender.IsClosed);
        Assert.InRange(wire.Sender.ClosedMs(wire.NowMs), 500_000, 600_100);
        Assert.InRange(mostBytes, 1, 2L * (FrameLimits.GuaranteedFrames + 3) * FrameLimits.MaxBytes);
        // Asking whether the window is open again is all that goes over the wire: once a second, both ways, lost ones and repeated ones.
        Assert.InRange(wire.Frames, 400, 4000);
        wire.Finish(sent.Count);
        Assert.Equal(sent, wire.Received);
    }

    [Fact]
    public void A_window_that_reopens_is_noticed_although_every_answer_about_it_was_lost()
    {
        FrameWire wire = new(1, 0, 0, budget: 0);
        SeededRandom random = new(2);
        List<string> sent = [];
        for (int i = 0; i < 40; i++)
        {
            wire.Offer(FrameWire.BigBatch(random), sent);
            wire.Step();
        }

        Assert.True(wire.Sender.IsClosed);
        wire.Loss = 1;
        for (int i = 0; i < 20; i++)
        {
            wire.Consume();
            wire.Step();
        }

        Assert.True(wire.Sender.IsClosed);
        wire.Loss = 0;
        wire.Tick(FrameLimits.RepeatMs + 1);
        wire.Finish(sent.Count);
        Assert.Equal(sent, wire.Received);
    }

    [Fact]
    public void A_frame_has_at_most_64_KiB_unless_one_record_is_larger()
    {
        FrameWire wire = new(1, 0, 0, budget: 8 * FrameLimits.TargetBytes);
        List<string> sent = [];
        Batch<string> batch = new(40);
        for (int i = 0; i < 40; i++)
        {
            // Sizes that no estimate of the record before foresees.
            batch.Add(new string('x', i % 10 == 9 ? 100_000 : i % 2 == 0 ? 10 : 20_000), i);
        }

        wire.Offer(new Element(ElementKind.Batch, 1, batch), sent);
        wire.Finish(sent.Count);
        Assert.Equal(sent, wire.Received);
        Assert.All(wire.Sizes, size => Assert.True(size <= FrameLimits.MaxBytes || size is > 100_000 and < 201_000, $"{size} bytes"));
    }

    [Fact]
    public void A_frame_that_was_not_granted_is_not_taken()
    {
        ExchangeMemory memory = new(0);
        List<(long Received, long Limit)> answers = [];
        FrameReceiver receiver = new(default, new Channel(memory, 0, 0), memory, (received, limit) => answers.Add((received, limit)));
        for (int number = 1; number <= 4; number++)
        {
            receiver.Receive(new ExchangeFrame("job", 1, "n1", default, number, new byte[10]));
        }

        Assert.Equal([(1, 2), (2, 2), (2, 2), (2, 2)], answers);
        Assert.Equal(20, receiver.WaitingBytes);
    }

    [Fact]
    public void Bytes_that_are_no_frame_are_refused()
    {
        BatchCodec<string> codec = new(SerializerRegistry.CreateDefault().Get<string>());
        ExchangeMemory memory = new(0);
        Channel channel = new(memory, 0, 0);
        Assert.Throws<SerializationException>(() => codec.Read(new DataReader([99]), channel));
        Assert.Throws<SerializationException>(() => codec.Read(new DataReader([0, 200, 1]), channel));
    }

    [Fact]
    public void Keys_hashes_and_timestamps_travel_with_the_records()
    {
        SerializerRegistry serializers = SerializerRegistry.CreateDefault();
        KeyedBatchCodec<long, string> codec = new(serializers.Get<long>(), serializers.Get<string>());
        KeyHasher<long> hasher = KeyHasher.For<long>();
        Exchange.KeyedBatch<long, string> batch = new(8);
        for (int i = 0; i < 5; i++)
        {
            batch.SetKey(i, i * 7, hasher.Hash(i * 7));
            batch.Add($"value {i}", i - 2);
        }

        DataWriter writer = new();
        codec.WriteRun(writer, batch, 1, 3);
        Channel channel = new(new ExchangeMemory(0), 0, 0);
        var read = (Exchange.KeyedBatch<long, string>)codec.Read(new DataReader(writer.ToArray()), channel).Payload!;
        Assert.Equal(3, read.Count);
        Assert.Equal(["value 1", "value 2", "value 3"], read.Values[..3]);
        Assert.Equal([-1, 0, 1], read.Timestamps[..3]);
        Assert.Equal([7, 14, 21], Enumerable.Range(0, 3).Select(read.KeyAt));
        Assert.Equal(batch.Hashes[1..4], read.Hashes[..3]);
    }
}
