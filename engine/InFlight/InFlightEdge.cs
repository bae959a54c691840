using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.InFlight;

/// <summary>
/// An edge of the graph as the state of an unaligned checkpoint sees it: the address and form of the records that are under way in it. It belongs to the operator that receives them, and is found by the uids
/// of both ends, so that it does not matter whether they are chained or joined by channels.
/// </summary>
internal abstract class InFlightEdge(string uid, string name, int senders, int receivers)
{
    /// <summary>The receiving operator.</summary>
    public string Uid { get; } = uid;

    /// <summary>The name of the state, see <see cref="Planning.EdgeNames"/>.</summary>
    public string Name { get; } = name;

    /// <summary>The parallelism of the sending operator.</summary>
    public int Senders { get; } = senders;

    /// <summary>The parallelism of the receiving operator.</summary>
    public int Receivers { get; } = receivers;

    /// <summary>Describes the records.</summary>
    public abstract StateDescription Description { get; }

    /// <summary>An empty sequence for what is under way from one subtask to another.</summary>
    /// <param name="from">The sending subtask.</param>
    /// <param name="to">The receiving subtask.</param>
    /// <param name="part">What the receiver has comes before what is still with the sender.</param>
    public abstract InFlightSequence NewSequence(int from, int to, InFlightPart part);

    /// <summary>The bytes of a section; in the background.</summary>
    public byte[] Write(IReadOnlyList<InFlightSequence> sequences)
    {
        DataWriter writer = new();
        writer.WriteInt32(Senders);
        writer.WriteInt32(Receivers);
        writer.WriteInt32(sequences.Count);
        foreach (InFlightSequence sequence in sequences)
        {
            sequence.Write(writer);
        }

        return writer.ToArray();
    }
}

internal sealed class InFlightEdge<T> : InFlightEdge
{
    public InFlightEdge(string uid, string name, int senders, int receivers, SerializerRegistry serializers) : base(uid, name, senders, receivers)
    {
        Serializer = serializers.Get<T>();
        Description = new StateDescription(name, StateSectionKind.InFlight, null, typeof(T).ToString(), [], SchemaBytes.Of(Serializer));
    }

    public TypeSerializer<T> Serializer { get; }

    public override StateDescription Description { get; }

    public override InFlightSequence NewSequence(int from, int to, InFlightPart part) => new InFlightSequence<T>(this, from, to, InFlightSequence.Live, part);
}

/// <summary>Who holds a part of what is under way between two subtasks.</summary>
internal enum InFlightPart : byte
{
    /// <summary>The receiver: what it had not read, or in a chain all of it.</summary>
    Received,

    /// <summary>The sender: what had not gone into the channel.</summary>
    Unsent,
}
