using System.Buffers.Binary;
using System.Globalization;
using Orleans.Serialization;
using Orleans.Streams;

namespace OrleansStream.Connectors.Streams.Reading;

/// <summary>
/// Where the reading of a stream stands, as it is in a checkpoint: <c>version:u8 sequence:i64 index:i32 token:rest</c>, little-endian. Frozen. The numbers are those of the last event that was emitted; the token,
/// in Orleans' own encoding, is that of the first event that came together with it, from which the stream is read again.
/// </summary>
/// <param name="Sequence">The sequence number of the last event.</param>
/// <param name="Index">The event's place within its batch.</param>
/// <param name="Token">The token to subscribe with, encoded; empty if the provider cannot go back.</param>
internal sealed record EventPosition(long Sequence, int Index, ReadOnlyMemory<byte> Token)
{
    private const byte Version = 1;
    private const int Head = 13;

    public static EventPosition Of(StreamSequenceToken last, StreamSequenceToken first, bool canRewind, Serializer serializer) =>
        new(last.SequenceNumber, last.EventIndex, canRewind ? serializer.SerializeToArray(first) : default(ReadOnlyMemory<byte>));

    /// <summary>Reads a position.</summary>
    /// <param name="bytes">The bytes of the checkpoint; none for a stream of which nothing was emitted yet.</param>
    /// <param name="split">The split, for a message.</param>
    /// <exception cref="StateRestoreException">The bytes are no position of a stream.</exception>
    public static EventPosition? Read(ReadOnlyMemory<byte> bytes, string split) => bytes.IsEmpty ? null
        : bytes.Length >= Head && bytes.Span[0] == Version
            ? new EventPosition(BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[1..]), BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[9..]), bytes[Head..])
            : throw new StateRestoreException($"The position of split '{split}' is no sequence token of an Orleans stream. The operator was another source when the checkpoint was taken: give this one a uid of its own.");

    public byte[] Write()
    {
        byte[] bytes = new byte[Head + Token.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), Sequence);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(9), Index);
        Token.CopyTo(bytes.AsMemory(Head));
        return bytes;
    }

    /// <summary>Whether an event comes after this one.</summary>
    public bool IsBefore(StreamSequenceToken token) => token.SequenceNumber > Sequence || (token.SequenceNumber == Sequence && token.EventIndex > Index);

    public override string ToString() => Describe(Sequence, Index);

    public static string Describe(long sequence, int index) => string.Create(CultureInfo.InvariantCulture, $"event {sequence}.{index}");
}
