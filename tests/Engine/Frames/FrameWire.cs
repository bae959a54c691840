using System.Globalization;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Frames;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Tests.Frames;

/// <summary>A sender and a receiver with a wire between them that loses, repeats and reorders.</summary>
internal sealed class FrameWire
{
    private readonly SeededRandom _random;
    private readonly double _repeats;
    private readonly long _budget;
    private readonly List<object> _flying = [];
    private readonly Queue<Element> _offered = new();
    private readonly Channel _out;
    private readonly Channel _in;

    public FrameWire(long seed, double loss, double repeats, long budget)
    {
        _random = new SeededRandom(seed);
        Loss = loss;
        _repeats = repeats;
        _budget = budget;
        Memory = new ExchangeMemory(budget);
        _out = new Channel(new ExchangeMemory(0), 0, 0);
        _in = new Channel(Memory, 0, 0);
        BatchCodec<string> codec = new(SerializerRegistry.CreateDefault().Get<string>());
        Sender = new FrameSender(default, _out, (number, content) =>
        {
            Frames++;
            if (number > Sizes.Count)
            {
                Sizes.Add(content.Length);
            }

            Send(new ExchangeFrame("job", 1, "n1", default, number, content));
        }) { Codec = codec };
        Receiver = new FrameReceiver(default, _in, Memory, (received, limit) => Send(new ExchangeAnswer("job", 1, "n2", default, received, limit))) { Codec = codec };
    }

    public double Loss { get; set; }

    public long NowMs { get; private set; } = 1000;

    public ExchangeMemory Memory { get; }

    public FrameSender Sender { get; }

    public FrameReceiver Receiver { get; }

    public List<string> Received { get; } = [];

    public List<int> Sizes { get; } = [];

    public int Frames { get; private set; }

    public static Element RandomElement(SeededRandom random)
    {
        switch (random.Next(6))
        {
            case 0:
                return Element.Watermark(random.Next(1000));
            case 1:
                return Element.Status(random.Next(2) == 0);
            case 2:
                return Element.Barrier(new CheckpointBarrier(1 + random.Next(100), "a/folder", random.Next(2) == 0, random.Next(2) == 0));
            default:
                Batch<string> batch = new(1 + random.Next(20));
                for (int i = 0; i < batch.Capacity; i++)
                {
                    batch.Add(new string((char)('a' + random.Next(26)), random.Next(random.Next(8) == 0 ? 5000 : 20)), random.Next(1000));
                }

                return new Element(ElementKind.Batch, 100, batch);
        }
    }

    public static Element BigBatch(SeededRandom random)
    {
        Batch<string> batch = new(16);
        for (int i = 0; i < 16; i++)
        {
            batch.Add(new string((char)('a' + random.Next(26)), 1500), i);
        }

        return new Element(ElementKind.Batch, 24_000, batch);
    }

    /// <summary>Puts an element into the channel, if there is room, and its parts into the list of what must arrive.</summary>
    public void Offer(Element element, List<string> sent)
    {
        if (_offered.Count > 0)
        {
            return;
        }

        sent.AddRange(Describe(element));
        _offered.Enqueue(element);
    }

    /// <summary>A barrier overtakes what waits at the sender: what has not got into the channel yet comes after it.</summary>
    /// <returns>Whether anything was overtaken.</returns>
    public bool Overtake(CheckpointBarrier barrier, List<string> sent)
    {
        string[] overtaken = _offered.TryPeek(out Element waiting) ? [.. Describe(waiting)] : [];
        // What it overtook is stored as unsent, so it waits for nothing at the receiver (simulation, seed 187).
        sent.InsertRange(sent.Count - overtaken.Length, Describe(Element.Barrier(barrier with { AlignedTimeoutMs = 0 })));
        _out.Overtake(barrier);
        return overtaken.Length > 0;
    }

    /// <summary>The sender sends, one message arrives or is lost.</summary>
    public void Step()
    {
        NowMs++;
        if (_offered.TryPeek(out Element element) && _out.TryEnqueue(in element))
        {
            _offered.Dequeue();
        }

        Sender.Send(NowMs);
        Sender.Tick(NowMs);
        if (_flying.Count > 0)
        {
            int at = _random.Next(_flying.Count);
            object message = _flying[at];
            _flying.RemoveAt(at);
            if (message is ExchangeFrame frame)
            {
                Receiver.Receive(frame);
            }
            else
            {
                Sender.OnAnswer((ExchangeAnswer)message, NowMs);
            }
        }

        Receiver.Pump();
    }

    public void Tick(long ms) => NowMs += ms;

    /// <summary>The consumer takes one element.</summary>
    public bool Consume()
    {
        ref readonly Element element = ref _in.TryPeek(out bool found);
        if (!found)
        {
            return false;
        }

        Received.AddRange(Describe(element));
        object? batch = element.Kind == ElementKind.Batch ? element.Payload : null;
        _in.Advance();
        if (batch is not null)
        {
            ((Batch<string>)batch).Reset();
            _in.ReturnEmpty(batch);
        }

        Receiver.Pump();
        return true;
    }

    /// <summary>Everything goes on until all has arrived.</summary>
    public void Finish(int count)
    {
        for (int i = 0; (Received.Count < count || Sender.UnansweredBytes > 0) && i < 200_000; i++)
        {
            Step();
            Consume();
            if (_flying.Count == 0)
            {
                Tick(20);
            }
        }
    }

    public void RequireInBudget() => Assert.InRange(Memory.Used, 0, _budget);

    private void Send(object message)
    {
        if (_random.NextDouble() < Loss)
        {
            return;
        }

        _flying.Add(message);
        if (_random.NextDouble() < _repeats)
        {
            _flying.Add(message);
        }
    }

    // Record by record, since batches may be cut.
    private static IEnumerable<string> Describe(Element element) => element.Kind switch
    {
        ElementKind.Batch => ((Batch<string>)element.Payload!).Values.Take(((Batch<string>)element.Payload).Count)
            .Select((v, i) => $"{v} at {((Batch<string>)element.Payload).Timestamps[i].ToString(CultureInfo.InvariantCulture)}").ToArray(),
        ElementKind.Barrier => [$"{element.Payload}"],
        _ => [$"{element.Kind} {element.Value.ToString(CultureInfo.InvariantCulture)}"],
    };
}
