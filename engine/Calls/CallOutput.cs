using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Calls;

/// <summary>What one call emits, until the subtask's thread takes it: user code of several calls emits at a time, so that each needs a buffer of its own.</summary>
internal sealed class CallOutput<T> : IOutputOwner<T>
{
    private const int FirstCapacity = 4;
    private const int KeptCapacity = 256;
    private readonly Batch<T> _buffer = new(FirstCapacity);
    private readonly Batch<T> _none = new(0);

    public CallOutput()
    {
        Output = new Output<T>(_none, this);
    }

    /// <summary>What the user's code emits to.</summary>
    public Output<T> Output { get; }

    /// <summary>Lets a call emit.</summary>
    /// <param name="timestamp">The timestamp of what is emitted without one.</param>
    public void Open(long timestamp)
    {
        _buffer.Reset();
        Output.Current = _buffer;
        Output.Timestamp = timestamp;
    }

    /// <summary>The call has ended: what is emitted from now on is an error of its code.</summary>
    public void Close() => Output.Current = _none;

    /// <summary>Hands on what was emitted.</summary>
    public void MoveTo(OutputLink<T> link)
    {
        Output<T> output = link.Output;
        for (int i = 0; i < _buffer.Count; i++)
        {
            output.Emit(in _buffer.Values[i], _buffer.Timestamps[i]);
        }

        Clear();
    }

    /// <summary>Drops what was emitted.</summary>
    public void Clear()
    {
        _buffer.Reset();
        if (_buffer.Capacity > KeptCapacity)
        {
            _buffer.Resize(FirstCapacity);
        }
    }

    Batch<T> IOutputOwner<T>.Roll(Batch<T> full)
    {
        if (full.Capacity == 0)
        {
            throw new InvalidOperationException("A record was emitted after the call that the output belongs to had ended. Await everything that emits before the call returns.");
        }

        full.Resize(full.Capacity * 2);
        return full;
    }
}
