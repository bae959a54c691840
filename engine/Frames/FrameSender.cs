using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Frames;

/// <summary>
/// The sending end of a channel to another node: makes frames of what the local channel holds, as far as the receiver's limit allows, and keeps them until the receiver has them. Pure: times are the caller's.
/// </summary>
internal sealed class FrameSender(ChannelId id, Channel channel, Action<long, ReadOnlyMemory<byte>> transmit)
{
    private const int FirstGuessBytes = 64;

    private readonly DataWriter _frame = new();
    private readonly DataWriter _run = new();
    private readonly Queue<(long Number, byte[] Content)> _unanswered = new();
    private long _number;
    private long _limit = FrameLimits.GuaranteedFrames;
    private long _received;
    private int _batchFrom;
    private int _recordBytes = FirstGuessBytes;
    private long _lastWordMs;
    private long _closedSinceMs = -1;
    private long _closedMs;
    private BarrierAnnouncement? _announced;

    public ChannelId Id => id;

    /// <summary>Set when the sending chain is built; nothing comes before.</summary>
    public ElementCodec? Codec { get; set; }

    /// <summary>Whether the receiver takes no more at the moment although something waits. No error, however long it lasts.</summary>
    public bool IsClosed => _closedSinceMs >= 0;

    /// <summary>Bytes that are kept until the receiver has them.</summary>
    public long UnansweredBytes => _unanswered.Sum(f => (long)f.Content.Length);

    /// <summary>When <see cref="Tick"/> is to be called; <c>long.MaxValue</c> for never.</summary>
    public long NextTickMs => _unanswered.Count > 0 || IsClosed ? _lastWordMs + FrameLimits.RepeatMs : long.MaxValue;

    /// <summary>How long the window has been closed in all; a metric.</summary>
    public long ClosedMs(long nowMs) => _closedMs + (IsClosed ? nowMs - _closedSinceMs : 0);

    /// <summary>Sends one frame, if something waits and the limit allows.</summary>
    /// <returns>Whether it did.</returns>
    public bool Send(long nowMs)
    {
        if (Codec is not { } codec)
        {
            return false;
        }

        channel.TryPeek(out bool any);
        if (!any && !IsOvertaken)
        {
            return false;
        }

        if (_number >= _limit)
        {
            if (!IsClosed)
            {
                _closedSinceMs = nowMs;
                _lastWordMs = _unanswered.Count > 0 ? _lastWordMs : nowMs;
            }

            return false;
        }

        Open(nowMs);
        _frame.Clear();
        while (_frame.Position < FrameLimits.TargetBytes)
        {
            ref readonly Element element = ref channel.TryPeek(out bool found);

            // After the look at the channel: an element behind an overtaking barrier is not seen without the barrier.
            if (IsOvertaken)
            {
                _announced = channel.Announced!;

                // Records of it are stored as unsent, so the receiver must store the channel too: no time to wait until nothing is left to store.
                Element barrier = Element.Barrier(_announced.Barrier with { AlignedTimeoutMs = 0 });
                ElementCodec.WriteControl(_frame, in barrier);
                continue;
            }

            if (!found || !Append(codec, in element))
            {
                break;
            }
        }

        byte[] content = _frame.ToArray();
        if (_unanswered.Count == 0)
        {
            _lastWordMs = nowMs;
        }

        _unanswered.Enqueue((++_number, content));
        transmit(_number, content);
        return true;
    }

    /// <summary>The receiver says how the channel stands.</summary>
    public void OnAnswer(ExchangeAnswer answer, long nowMs)
    {
        ProtocolInvariant.Require(10, answer.Received <= _number, $"channel {id}: {answer.Received} frames were received and {_number} sent");
        if (answer.Received > _received || answer.Limit > _limit)
        {
            _lastWordMs = nowMs;
        }

        _received = Math.Max(_received, answer.Received);
        while (_unanswered.TryPeek(out (long Number, byte[] Content) frame) && frame.Number <= _received)
        {
            _unanswered.Dequeue();
        }

        if (answer.Limit > _limit)
        {
            _limit = answer.Limit;
            Open(nowMs);
        }
    }

    /// <summary>Nothing was heard for a while: sends again what may be lost, or asks whether the window is open again.</summary>
    public void Tick(long nowMs)
    {
        // A clock that was set back must not silence the channel.
        if (nowMs < NextTickMs && _lastWordMs <= nowMs)
        {
            return;
        }

        _lastWordMs = nowMs;
        foreach ((long number, byte[] content) in _unanswered)
        {
            transmit(number, content);
        }

        if (_unanswered.Count == 0 && IsClosed)
        {
            transmit(0, ReadOnlyMemory<byte>.Empty);
        }
    }

    /// <summary>Whether a barrier that overtook what waits at the sender is next. It is an element from here on: frames that are under way are not overtaken.</summary>
    private bool IsOvertaken => channel.Announced is { Overtakes: true } announced && !ReferenceEquals(announced, _announced) && channel.ReadPosition >= announced.Position;

    private void Open(long nowMs)
    {
        if (IsClosed)
        {
            _closedMs += nowMs - _closedSinceMs;
            _closedSinceMs = -1;
        }
    }

    // False if it does not fit any more.
    private bool Append(ElementCodec codec, in Element element)
    {
        if (element.Kind != ElementKind.Batch)
        {
            ElementCodec.WriteControl(_frame, in element);
            channel.Advance();
            return true;
        }

        object batch = element.Payload!;
        int left = codec.Count(batch) - _batchFrom;
        int count = Math.Clamp((FrameLimits.TargetBytes - _frame.Position) / _recordBytes, 1, left);
        while (true)
        {
            _run.Clear();
            codec.WriteRun(_run, batch, _batchFrom, count);
            _recordBytes = Math.Max(1, _run.Position / count);
            if (_frame.Position + _run.Position <= FrameLimits.MaxBytes || (count == 1 && _frame.Position == 0))
            {
                break;
            }

            if (_frame.Position > 0)
            {
                return false;
            }

            count = Math.Max(1, count / 2);
        }

        _frame.WriteBytes(_run.WrittenSpan);
        _batchFrom += count;
        if (_batchFrom == codec.Count(batch))
        {
            _batchFrom = 0;
            codec.Reset(batch);
            channel.Advance();
            channel.ReturnEmpty(batch);
        }

        return true;
    }
}
