using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Frames;

/// <summary>
/// The receiving end of a channel from another node: takes frames in order, once each, and moves their elements into the local channel as its consumer makes room. It grants the sender frames by an
/// absolute limit; a grant beyond the guaranteed frames is taken out of the budget when it is made, so that what was granted always fits. Pure.
/// </summary>
internal sealed class FrameReceiver(ChannelId id, Channel channel, ExchangeMemory memory, Action<long, long> answer)
{
    private readonly Queue<ReadOnlyMemory<byte>> _frames = new();
    private readonly Dictionary<long, ReadOnlyMemory<byte>> _early = [];
    private DataReader? _current;
    private Element _next;
    private bool _hasNext;
    private long _received;
    private long _consumed;
    private long _limit = FrameLimits.GuaranteedFrames;
    private long _told = FrameLimits.GuaranteedFrames;
    private int _reserved;

    public ChannelId Id => id;

    /// <summary>Set when the receiving chain is built; frames wait until then.</summary>
    public ElementCodec? Codec { get; set; }

    /// <summary>Bytes of frames that wait.</summary>
    public long WaitingBytes => _frames.Sum(f => (long)f.Length);

    /// <summary>A frame has come.</summary>
    public void Receive(ExchangeFrame frame)
    {
        // One that is there already was repeated; one beyond what was granted comes again.
        if (frame.Number == _received + 1 && frame.Number <= _limit)
        {
            _received++;
            _frames.Enqueue(frame.Content);
            while (_early.Remove(_received + 1, out ReadOnlyMemory<byte> next))
            {
                _received++;
                _frames.Enqueue(next);
            }

            Grow();
        }
        else if (frame.Number > _received && frame.Number <= _limit)
        {
            // It overtook others; its place was granted.
            _early[frame.Number] = frame.Content;
        }

        Answer();
    }

    /// <summary>Moves elements into the channel.</summary>
    /// <returns>Whether any was moved.</returns>
    public bool Pump()
    {
        if (Codec is not { } codec)
        {
            return false;
        }

        bool any = false;
        while (TakeNext(codec))
        {
            if (!channel.TryEnqueue(in _next))
            {
                break;
            }

            any = true;
            _hasNext = false;
            _next = default;
            EndFrame();
        }

        return any;
    }

    /// <summary>The attempt is over: what was granted is given back.</summary>
    public void Close()
    {
        memory.Release((long)_reserved * FrameLimits.TargetBytes);
        _reserved = 0;
    }

    private bool TakeNext(ElementCodec codec)
    {
        if (_hasNext)
        {
            return true;
        }

        if (_current is null)
        {
            if (!_frames.TryPeek(out ReadOnlyMemory<byte> frame))
            {
                return false;
            }

            _current = new DataReader(frame);
        }

        _next = codec.Read(_current, channel);
        _hasNext = true;
        return true;
    }

    private void EndFrame()
    {
        if (_current is not { Remaining: 0 })
        {
            return;
        }

        _current = null;
        _frames.Dequeue();
        _consumed++;
        if (_reserved > 0 && _limit - _consumed - FrameLimits.GuaranteedFrames < _reserved)
        {
            _reserved--;
            memory.Release(FrameLimits.TargetBytes);
        }

        Grow();
        // Half a window at a time, or at once when the sender may stand still.
        if (_limit - _told >= FrameLimits.MaxFrames / 2 || (_told == _received && _limit > _told))
        {
            Answer();
        }
    }

    // Only a channel that is in use asks for more than its guaranteed frames.
    private void Grow()
    {
        _limit = Math.Max(_limit, _consumed + FrameLimits.GuaranteedFrames);
        while (_limit < _consumed + FrameLimits.MaxFrames && memory.TryAcquire(FrameLimits.TargetBytes))
        {
            _reserved++;
            _limit++;
        }

        ProtocolInvariant.Require(
            17, _limit - _consumed - FrameLimits.GuaranteedFrames <= _reserved, $"channel {id}: {_limit - _consumed} frames are granted, {_reserved} are reserved");
    }

    private void Answer()
    {
        _told = _limit;
        answer(_received, _limit);
    }
}
