using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Operators;

/// <summary>Control elements that are to go out one after the other. The first may have been offered already.</summary>
internal sealed class ControlQueue
{
    private readonly Queue<Element> _elements = new();

    public bool IsEmpty => _elements.Count == 0;

    public int Count => _elements.Count;

    public Element First => _elements.Peek();

    public void RemoveFirst() => _elements.Dequeue();

    public void Add(in Element element) => _elements.Enqueue(element);

    /// <summary>Adds what a valve or combiner says: active, watermark, idle.</summary>
    public void Add(WatermarkChange change)
    {
        if (change.IsNone)
        {
            return;
        }

        if (change.BecomesActive)
        {
            _elements.Enqueue(Element.Status(idle: false));
        }

        if (change.HasWatermark)
        {
            _elements.Enqueue(Element.Watermark(change.Watermark));
        }

        if (change.BecomesIdle)
        {
            _elements.Enqueue(Element.Status(idle: true));
        }
    }
}
