using System.Collections.Concurrent;
using Orleans.Runtime;
using OrleansStream.Engine;
using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Grains;

/// <summary>The way of the engine's messages: within the silo by a call, to others over Orleans. A node's name is the silo's address with its generation, so a silo that was started again is another node.</summary>
internal sealed class SiloTransport(SiloNode node, TaskHostClient client, SiloTable silos) : ITransport
{
    // Data: two frames of the largest kind in each, so that at most half a megabyte is in front of a probe.
    private const int DataCalls = 6;
    private const int ControlCalls = 64;

    private readonly ConcurrentDictionary<string, Peer> _peers = new(StringComparer.Ordinal);

    public string Node => node.Name;

    /// <summary>Messages that were lost because too many waited for their peer; a metric.</summary>
    public long Lost => _peers.Values.Sum(p => p.Data.Lost + p.Control.Lost);

    public void Send(string to, NodeMessage message)
    {
        if (to == node.Name)
        {
            node.Deliver(message);
            return;
        }

        if (silos.IsDead(to))
        {
            return;
        }

        Peer peer = _peers.GetOrAdd(to, Connect);
        if (message is ExchangeFrame or ExchangeAnswer or ExchangeRefusal)
        {
            peer.Data.Send(message);
        }
        else
        {
            peer.Control.Send(message);
        }
    }

    /// <summary>A silo is gone for good.</summary>
    public void Forget(string peer) => _peers.TryRemove(peer, out _);

    private Peer Connect(string name)
    {
        SiloAddress address = SiloAddress.FromParsableString(name);
        ITaskHostService service = client.At(address);
        void Begins() => silos.CallBegins(name);
        void Ended(bool well) => silos.CallEnded(name, well);
        return new Peer(
            new PeerLine(service.DataAsync, DataCalls, Begins, Ended),
            new PeerLine(parcel => Control(service, parcel), ControlCalls, Begins, Ended));
    }

    // The task host there may not know the job yet.
    private Task Control(ITaskHostService service, NodeParcel parcel)
    {
        foreach (NodeMessage message in parcel.Messages)
        {
            if (message is HostPacket { First: 1, Messages: [DeploySubtasks, ..] } && node.Jobs.SpecOf(message.Job) is { } spec)
            {
                return service.DeployAsync(spec, parcel);
            }
        }

        return service.ControlAsync(parcel);
    }

    private sealed record Peer(PeerLine Data, PeerLine Control);
}
