using OrleansStream.Engine.Channels;

namespace OrleansStream.Engine.Tests.Tasklets;

public sealed class ChannelTests
{
    private readonly SeededHost _host = new();

    [Fact]
    public void A_channel_may_hold_two_batches_without_any_budget_and_no_third()
    {
        Channel channel = new(new ExchangeMemory(0), 0, 0);
        Assert.True(channel.TryEnqueue(Batch(100)));
        Assert.True(channel.TryEnqueue(Batch(100)));
        Assert.False(channel.TryEnqueue(Batch(100)));
        Take(channel);
        Assert.True(channel.TryEnqueue(Batch(100)));
    }

    [Fact]
    public void The_budget_floats_to_the_channel_that_uses_it_and_comes_back()
    {
        ExchangeMemory memory = new(250);
        Channel one = new(memory, 0, 0);
        Channel two = new(memory, 0, 1);
        Assert.Equal(4, Fill(one, 100));
        Assert.Equal(2, Fill(two, 100));
        Assert.Equal(200, memory.Used);
        Drain(one);
        Assert.Equal(0, memory.Used);
        Assert.Equal(2, Fill(two, 100));
        Drain(two);
        Assert.Equal(0, memory.Used);
    }

    [Fact]
    public void A_channel_holds_eight_batches_at_most_and_control_elements_beside_them()
    {
        Channel channel = new(new ExchangeMemory(long.MaxValue), 0, 0);
        Assert.Equal(Channel.MaxBatches, Fill(channel, 100));
        int controls = 0;
        while (channel.TryEnqueue(Element.Watermark(controls)))
        {
            controls++;
        }

        Assert.Equal(64 - Channel.MaxBatches, controls);
    }

    [Fact]
    public void A_refused_producer_is_woken_when_there_is_room_and_a_consumer_when_there_is_something()
    {
        Channel channel = new(new ExchangeMemory(0), 0, 0);
        Counting producer = new(_host);
        Counting consumer = new(_host);
        _host.Start(producer, 0);
        _host.Start(consumer, 0);
        channel.Connect(producer, consumer);
        RunIdle();
        int before = consumer.Runs;
        channel.TryEnqueue(Batch(1));
        RunIdle();
        Assert.Equal(before + 1, consumer.Runs);
        channel.TryEnqueue(Batch(1));
        Assert.False(channel.TryEnqueue(Batch(1)));
        RunIdle();
        before = producer.Runs;
        Take(channel);
        RunIdle();
        Assert.Equal(before + 1, producer.Runs);
        Take(channel);
        RunIdle();
        Assert.Equal(before + 1, producer.Runs);
    }

    [Fact]
    public void Two_threads_pass_everything_in_order()
    {
        SpscRing<int> ring = new(16);
        const int Count = 200_000;
        Thread producer = new(() =>
        {
            for (int i = 0; i < Count;)
            {
                if (ring.TryEnqueue(i))
                {
                    i++;
                }
                else
                {
                    Thread.Yield();
                }
            }
        });
        producer.Start();
        for (int expected = 0; expected < Count;)
        {
            if (ring.TryDequeue(out int item))
            {
                Assert.Equal(expected++, item);
            }
            else
            {
                Thread.Yield();
            }
        }

        producer.Join();
        Assert.False(ring.TryDequeue(out _));
    }

    private static Element Batch(long bytes) => new(ElementKind.Batch, bytes, new object());

    private static int Fill(Channel channel, long bytes)
    {
        int n = 0;
        while (channel.TryEnqueue(Batch(bytes)))
        {
            n++;
        }

        return n;
    }

    private static void Drain(Channel channel)
    {
        while (channel.Count > 0)
        {
            Take(channel);
        }
    }

    private static void Take(Channel channel)
    {
        channel.TryPeek(out bool found);
        Assert.True(found);
        channel.Advance();
    }

    private void RunIdle()
    {
        while (_host.Step())
        {
        }
    }

    private sealed class Counting(IEngineHost host) : Runnable(host, "counting")
    {
        public int Runs { get; private set; }

        public override Progress Run()
        {
            Runs++;
            return Progress.Idle;
        }
    }
}
