using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.InFlight;

/// <summary>Reads what was under way in an edge and belongs to a subtask now. In the background, before the subtask starts.</summary>
internal static class InFlightRestore
{
    /// <summary>The sequences of one edge.</summary>
    /// <param name="edge">The edge as it is now.</param>
    /// <param name="restored">What the receiving operator has in the snapshot.</param>
    /// <param name="setup">The receiving subtask.</param>
    /// <param name="fromAll">Whether every sender has a sequence for every receiver.</param>
    /// <param name="router">Routes by key; null for an edge without a key, whose sequences are dealt out as a whole by their old receivers.</param>
    public static List<InFlightSequence<T>> Read<T>(InFlightEdge<T> edge, RestoredOperator restored, OperatorSetup setup, bool fromAll, IKeyRouter<T>? router)
    {
        List<InFlightSequence<T>> sequences = [];
        restored.ReadInFlight(edge.Name, (written, reader) =>
        {
            TypeSerializer<T> serializer = SchemaBytes.Reader(edge.Serializer, written.ValueSchema);
            int senders = reader.ReadInt32();
            int receivers = reader.ReadInt32();
            bool isSame = senders == edge.Senders && receivers == edge.Receivers;
            bool IsOurs(int to) => router?.Overlaps(to, receivers) ?? (receivers == edge.Receivers ? to : to % edge.Receivers) == setup.Subtask;
            for (int count = reader.ReadInt32(); count > 0; count--)
            {
                if (InFlightSequence<T>.Read(reader, edge, serializer, IsOurs) is { } sequence)
                {
                    // Only the watermarks of all senders together say something here: the splits of one may be read by another one now. Without a key, senders of another parallelism are others altogether.
                    sequences.Add(sequence.Routed(router, keepControls: router is not null || (isSame && fromAll)));
                }
            }
        });
        return Joined(sequences);
    }

    // What was still with the sender belongs behind what the receiver had.
    private static List<InFlightSequence<T>> Joined<T>(List<InFlightSequence<T>> sequences)
    {
        List<InFlightSequence<T>> joined = [.. sequences.Where(s => s.Part == InFlightPart.Received)];
        foreach (InFlightSequence<T> unsent in sequences.Where(s => s.Part == InFlightPart.Unsent))
        {
            InFlightSequence<T> received = joined.Find(s => s.Stage == InFlightSequence.Live && s.From == unsent.From && s.To == unsent.To)
                ?? throw new StateRestoreException(
                    $"Records that subtask {unsent.From} had not sent to subtask {unsent.To} in the edge {unsent.Edge.Name} have no counterpart there. The checkpoint is damaged: start from an older one or from a savepoint.");
            received.Append(unsent);
        }

        return joined;
    }
}
