namespace OrleansStream.Engine.Time;

/// <summary>
/// The input valve of a subtask: joins the watermarks and statuses of its input channels to one. Called on the subtask's thread.
/// <list type="bullet">
/// <item>The output is the smallest watermark of the channels that count, and never goes back.</item>
/// <item>An idle channel does not count and its watermarks are dropped. When the last channel goes idle the largest watermark goes out, then idle.</item>
/// <item>A channel that becomes active behind the output does not count until it has caught up.</item>
/// </list>
/// Holds no state for a checkpoint: after a restore the upstream subtasks tell their watermarks and statuses again.
/// </summary>
internal sealed class WatermarkValve
{
    private readonly long[] _watermarks;

    // The watermark where the channel counts, else long.MaxValue, so that the minimum needs no condition. Where a channel counts it is >= _output.
    private readonly long[] _counted;
    private readonly ChannelState[] _states;
    private int _countedChannels;
    private int _activeChannels;

    // How many of the channels that count stand at the output: while there is one the output cannot rise, and nothing has to be searched.
    private int _atOutput;
    private long _output = WatermarkChange.NoWatermark;

    /// <summary>Creates a valve; all channels are active and without a watermark.</summary>
    /// <param name="channels">How many channels come in; at least one.</param>
    public WatermarkValve(int channels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        _watermarks = new long[channels];
        _counted = new long[channels];
        _states = new ChannelState[channels];
        Array.Fill(_watermarks, WatermarkChange.NoWatermark);
        Array.Fill(_counted, WatermarkChange.NoWatermark);
        Array.Fill(_states, ChannelState.Counts);
        _countedChannels = channels;
        _activeChannels = channels;
        _atOutput = channels;
    }

    [Flags]
    private enum ChannelState : byte
    {
        None = 0,
        Counts = 1,
        Idle = 2,
        Ended = 4,
    }

    /// <summary>How many channels come in.</summary>
    public int Channels => _watermarks.Length;

    /// <summary>The last watermark that went out.</summary>
    public long Watermark => _output;

    /// <summary>Whether all channels are idle.</summary>
    public bool IsIdle => _activeChannels == 0;

    /// <summary>The last watermark of a channel.</summary>
    /// <param name="channel">The channel.</param>
    public long ChannelWatermark(int channel) => _watermarks[channel];

    /// <summary>Whether a channel is idle.</summary>
    /// <param name="channel">The channel.</param>
    public bool IsChannelIdle(int channel) => (_states[channel] & ChannelState.Idle) != 0;

    /// <summary>Whether a channel is active but behind the output, so that it does not count.</summary>
    /// <param name="channel">The channel.</param>
    public bool IsChannelCatchingUp(int channel) => (_states[channel] & (ChannelState.Counts | ChannelState.Idle)) == 0;

    /// <summary>Whether a channel has ended.</summary>
    /// <param name="channel">The channel.</param>
    public bool HasChannelEnded(int channel) => (_states[channel] & ChannelState.Ended) != 0;

    /// <summary>A watermark came.</summary>
    /// <param name="channel">Where it came.</param>
    /// <param name="watermark">The watermark; one that is not higher than the channel's last one is dropped.</param>
    /// <returns>What goes out.</returns>
    public WatermarkChange OnWatermark(int channel, long watermark)
    {
        RefuseAfterEnd(channel);
        return Raise(channel, watermark);
    }

    /// <summary>A status came.</summary>
    /// <param name="channel">Where it came.</param>
    /// <param name="idle">Whether the channel is idle now.</param>
    /// <returns>What goes out.</returns>
    public WatermarkChange OnStatus(int channel, bool idle)
    {
        RefuseAfterEnd(channel);
        return idle == IsChannelIdle(channel) ? WatermarkChange.None : idle ? GoIdle(channel) : Wake(channel);
    }

    /// <summary>
    /// A channel ended: it counts as active with the final watermark from now on. Not for the end that follows a savepoint without drain, where no further
    /// window may fire: then just leave the valve alone.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <returns>What goes out.</returns>
    public WatermarkChange OnEnd(int channel)
    {
        RefuseAfterEnd(channel);
        bool wakes = IsChannelIdle(channel) && Wake(channel).BecomesActive;
        WatermarkChange change = Raise(channel, WatermarkChange.Final);
        _states[channel] |= ChannelState.Ended;
        return change with { BecomesActive = wakes };
    }

    private WatermarkChange Raise(int channel, long watermark)
    {
        long before = _watermarks[channel];
        if (watermark <= before || IsChannelIdle(channel))
        {
            return WatermarkChange.None;
        }

        _watermarks[channel] = watermark;
        if ((_states[channel] & ChannelState.Counts) != 0)
        {
            _counted[channel] = watermark;
            _atOutput -= before == _output ? 1 : 0;
        }
        else
        {
            CountIfCaughtUp(channel);
        }

        return RaiseOutput();
    }

    private WatermarkChange GoIdle(int channel)
    {
        bool stoodAtOutput = _watermarks[channel] == _output;
        if ((_states[channel] & ChannelState.Counts) != 0)
        {
            _counted[channel] = long.MaxValue;
            _countedChannels--;
            _atOutput -= stoodAtOutput ? 1 : 0;
        }

        _states[channel] = ChannelState.Idle;
        if (--_activeChannels > 0)
        {
            return stoodAtOutput ? RaiseOutput() : WatermarkChange.None;
        }

        long largest = Longs.Max(_watermarks, WatermarkChange.NoWatermark);
        bool rises = largest > _output;
        _output = Math.Max(largest, _output);
        return new WatermarkChange(false, rises ? largest : WatermarkChange.NoWatermark, true);
    }

    private WatermarkChange Wake(int channel)
    {
        bool wasIdle = IsIdle;
        _states[channel] = ChannelState.None;
        _activeChannels++;
        CountIfCaughtUp(channel);
        return new WatermarkChange(wasIdle, WatermarkChange.NoWatermark, false);
    }

    private void CountIfCaughtUp(int channel)
    {
        long watermark = _watermarks[channel];
        if (watermark >= _output)
        {
            _states[channel] |= ChannelState.Counts;
            _counted[channel] = watermark;
            _countedChannels++;
            _atOutput += watermark == _output ? 1 : 0;
        }
    }

    private WatermarkChange RaiseOutput()
    {
        if (_atOutput > 0 || _countedChannels == 0)
        {
            return WatermarkChange.None;
        }

        _output = Longs.Min(_counted);
        _atOutput = _output == long.MaxValue ? _countedChannels : _counted.AsSpan().Count(_output);
        return new WatermarkChange(false, _output, false);
    }

    private void RefuseAfterEnd(int channel)
    {
        if (HasChannelEnded(channel))
        {
            throw new InvariantViolatedException($"Input channel {channel} of {Channels} sent a watermark, a status or an end after it had ended.");
        }
    }
}
