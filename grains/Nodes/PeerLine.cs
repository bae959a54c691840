using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Grains;

/// <summary>
/// One way to one other silo. Messages leave several to a call, with few calls under way, so that what a connection holds of one way is bounded and other traffic passes soon. What waits is bounded
/// too: beyond that messages are lost. Orleans may run calls in another order than they were made in; the engine's own numbers put that right, as they do for what is lost.
/// </summary>
/// <param name="call">Sends a parcel.</param>
/// <param name="callsUnderWay">The most calls that wait for their answer.</param>
/// <param name="begins">A call begins.</param>
/// <param name="ended">A call has ended; whether it went well.</param>
internal sealed class PeerLine(Func<NodeParcel, Task> call, int callsUnderWay, Action begins, Action<bool> ended)
{
    private const int ParcelBytes = 96 << 10;
    private const int ParcelMessages = 64;
    private const long MaxWaitingBytes = 64L << 20;
    private const int MessageBytes = 128;

    private readonly Lock _lock = new();
    private readonly Queue<NodeMessage> _waiting = new();
    private readonly List<NodeMessage> _parcel = [];
    private long _waitingBytes;
    private int _underWay;
    private long _lost;

    /// <summary>Messages that were lost here because too many waited.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Sends a message, soon. Any thread.</summary>
    public void Send(NodeMessage message)
    {
        int bytes = SizeOf(message);
        lock (_lock)
        {
            if (_waitingBytes + bytes > MaxWaitingBytes)
            {
                _lost++;
                return;
            }

            _waitingBytes += bytes;
            _waiting.Enqueue(message);
            Pump();
        }
    }

    // Under the lock, so that calls begin in the order of their parcels.
    private void Pump()
    {
        while (_underWay < callsUnderWay && _waiting.Count > 0)
        {
            _underWay++;
            begins();
            _ = FollowAsync(Call(TakeParcel()));
        }
    }

    private NodeParcel TakeParcel()
    {
        int bytes = 0;
        while (_parcel.Count < ParcelMessages && _waiting.TryPeek(out NodeMessage? next) && (_parcel.Count == 0 || bytes + SizeOf(next) <= ParcelBytes))
        {
            bytes += SizeOf(next);
            _parcel.Add(_waiting.Dequeue());
        }

        _waitingBytes -= bytes;
        NodeParcel parcel = new([.. _parcel]);
        _parcel.Clear();
        return parcel;
    }

    private Task Call(NodeParcel parcel)
    {
        try
        {
            return call(parcel);
        }
#pragma warning disable CA1031 // However a call fails, its messages are lost.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Task.FromException(e);
        }
    }

    private async Task FollowAsync(Task sent)
    {
        // Never at once: the lock is held by who began the call.
        await sent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        ended(sent.IsCompletedSuccessfully);
        lock (_lock)
        {
            _underWay--;
            Pump();
        }
    }

    private static int SizeOf(NodeMessage message) => message is ExchangeFrame frame ? frame.Content.Length + MessageBytes : MessageBytes;
}
