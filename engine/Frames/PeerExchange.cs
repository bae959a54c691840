using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Engine.Frames;

/// <summary>
/// Carries the elements of one attempt's channels to and from one other node. Encodes and decodes on the thread that drives it; frames and answers come by mail. Tasklets see ordinary local channels.
/// </summary>
internal sealed class PeerExchange : Runnable
{
    private readonly string _job;
    private readonly int _attempt;
    private readonly string _peer;
    private readonly ITransport _transport;
    private readonly ExchangeMemory _memory;
    private readonly Action<ChannelId, bool, Exception> _fail; // the channel, whether its receiving end, why
    private readonly SortedDictionary<ChannelId, FrameSender> _senders = [];
    private readonly SortedDictionary<ChannelId, FrameReceiver> _receivers = [];
    private ChannelId _at;
    private bool _isReceiving;
    private bool _hasFailed;
    private bool _isClosed;

    public PeerExchange(
        IEngineHost host, string job, int attempt, string peer, ITransport transport, ExchangeMemory memory, Action<ChannelId, bool, Exception> fail)
        : base(host, $"exchange of job '{job}' with {peer}")
    {
        _job = job;
        _attempt = attempt;
        _peer = peer;
        _transport = transport;
        _memory = memory;
        _fail = fail;
    }

    public IEnumerable<FrameSender> Senders => _senders.Values;

    public IEnumerable<FrameReceiver> Receivers => _receivers.Values;

    /// <summary>Adds a channel to the peer, before the exchange is started. Its elements wait until the codec is there.</summary>
    public Channel AddSender(ChannelId id, ExchangeMemory memory)
    {
        Channel channel = new(memory, id.From, id.To) { AttachCodec = codec => Post(() => _senders[id].Codec = codec) };
        channel.Connect(null, this);
        channel.OnAnnounced = static () => { };
        _senders.Add(id, new FrameSender(id, channel, (number, content) => Send(new ExchangeFrame(_job, _attempt, _transport.Node, id, number, content))));
        return channel;
    }

    /// <summary>Adds a channel from the peer, before the exchange is started.</summary>
    public Channel AddReceiver(ChannelId id)
    {
        Channel channel = new(_memory, id.From, id.To) { AttachCodec = codec => Post(() => _receivers[id].Codec = codec) };
        channel.Connect(this, null);
        _receivers.Add(id, new FrameReceiver(id, channel, _memory, (received, limit) => Send(new ExchangeAnswer(_job, _attempt, _transport.Node, id, received, limit))));
        return channel;
    }

    /// <summary>A frame or an answer of the peer has come. Any thread.</summary>
    public void Receive(NodeMessage message) => Post(() => Take(message));

    /// <summary>The attempt is over here. Any thread.</summary>
    public void Close() => Post(() =>
    {
        if (!_isClosed)
        {
            _isClosed = true;
            foreach (FrameReceiver receiver in _receivers.Values)
            {
                receiver.Close();
            }
        }
    });

    public override string Describe() => string.Join("; ", [
        .. _senders.Values.Select(s => $"{s.Id}: {s.UnansweredBytes} bytes unanswered{(s.IsClosed ? ", window closed" : "")}{(s.Codec is null ? ", not open" : "")}"),
        .. _receivers.Values.Select(r => $"{r.Id}: {r.WaitingBytes} bytes wait{(r.Codec is null ? ", not open" : "")}")]);

    public override Progress Run()
    {
        bool any = false;
        try
        {
            any = TakeMail();
            if (!_hasFailed && !_isClosed)
            {
                any |= Move();
            }
        }
#pragma warning disable CA1031 // Whatever goes wrong fails the subtask of the channel, not the worker.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // The attempt fails; what waits is of no use.
            _hasFailed = true;
            NextWakeMs = long.MaxValue;
            _fail(_at, _isReceiving, e);
        }

        if (_isClosed)
        {
            AnswerFromNowOn();
            return Progress.Done;
        }

        return any ? Progress.Made : Progress.Idle;
    }

    private bool Move()
    {
        long now = Host.NowMs;
        long next = long.MaxValue;
        bool any = false;
        _isReceiving = false;
        foreach ((ChannelId id, FrameSender sender) in _senders)
        {
            _at = id;
            any |= sender.Send(now);
            sender.Tick(now);
            next = Math.Min(next, sender.NextTickMs);
        }

        _isReceiving = true;
        foreach ((ChannelId id, FrameReceiver receiver) in _receivers)
        {
            _at = id;
            any |= receiver.Pump();
        }

        NextWakeMs = next;
        return any;
    }

    private void Take(NodeMessage message)
    {
        if (_isClosed || _hasFailed)
        {
            return;
        }

        switch (message)
        {
            case ExchangeFrame frame when _receivers.TryGetValue(frame.Channel, out FrameReceiver? receiver):
                (_at, _isReceiving) = (frame.Channel, true);
                receiver.Receive(frame);
                break;
            case ExchangeAnswer answer when _senders.TryGetValue(answer.Channel, out FrameSender? sender):
                (_at, _isReceiving) = (answer.Channel, false);
                sender.OnAnswer(answer, Host.NowMs);
                break;
            default:
                throw new InvariantViolatedException($"{Name} got {message}, and has no such channel.");
        }
    }

    private void Send(NodeMessage message) => _transport.Send(_peer, message);
}
