namespace OrleansStream.Engine.Operators;

/// <summary>Sends records to an operator's side outputs. Remembers the last one used, since a function mostly uses one.</summary>
internal sealed class SideOutputs(Operator owner)
{
    private OutputTag? _lastTag;
    private OutputLink? _lastLink;

    /// <summary>Whether a side output that was used has no room left.</summary>
    public bool IsFull { get; private set; }

    public void Emit<TSide>(OutputTag<TSide> tag, in TSide value, long timestamp)
    {
        if (!ReferenceEquals(tag, _lastTag))
        {
            ArgumentNullException.ThrowIfNull(tag);
            _lastTag = tag;
            _lastLink = owner.FindSide<TSide>(tag);
        }

        if (_lastLink is OutputLink<TSide> link)
        {
            link.Output.Emit(in value, timestamp);
            IsFull |= link.IsFull;
        }
    }

    /// <summary>Called when the outputs have been flushed.</summary>
    public void Flushed() => IsFull = false;
}

/// <summary>A context whose side outputs may become full.</summary>
internal interface ISideContext
{
    /// <summary>Whether a side output has no room; reading it begins anew, since the operator flushes then.</summary>
    bool SideIsFull { get; }
}

/// <summary>The context of functions without a key.</summary>
internal sealed class PlainContext(Operator owner) : FunctionContext, ISideContext
{
    private readonly SideOutputs _sides = new(owner);

    public override long ProcessingTime => owner.Setup.Host.NowMs;

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
