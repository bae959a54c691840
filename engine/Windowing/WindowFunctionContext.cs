using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Windowing;

/// <summary>The context of window functions.</summary>
internal sealed class WindowFunctionContext<TKey>(Operator owner, KeyedState<TKey> state) : WindowContext<TKey>
{
    private readonly SideOutputs _sides = new(owner);

    public override TKey Key => state.Current.Entry;

    public override long ProcessingTime => owner.Setup.Host.NowMs;

    /// <summary>Whether a side output has no room; reading it begins anew, since the operator flushes then.</summary>
    public bool SideIsFull
    {
        get
        {
            bool full = _sides.IsFull;
            _sides.Flushed();
            return full;
        }
    }

    public override void Emit<TSide>(OutputTag<TSide> tag, in TSide value) => _sides.Emit(tag, in value, Timestamp);
}
