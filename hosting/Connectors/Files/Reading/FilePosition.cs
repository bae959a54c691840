using OrleansStream.Serialization;

namespace OrleansStream.Connectors.Files;

/// <summary>Where a split of a file source stands: what a checkpoint keeps of it.</summary>
internal readonly record struct FilePosition
{
    private const byte Version = 1;
    private const byte HasRange = 1;
    private const byte IsFreshFlag = 2;
    private const byte IsAtEndFlag = 4;

    public FilePosition()
    {
    }

    /// <summary>The byte at which the next record begins.</summary>
    public long Offset { get; init; }

    /// <summary>How many lines were read before it, in this split and round.</summary>
    public long Line { get; init; }

    /// <summary>The round, from 0.</summary>
    public int Round { get; init; }

    /// <summary>The first byte of the range that the split reads.</summary>
    public long Start { get; init; }

    /// <summary>The byte behind the range; <c>long.MaxValue</c> for the end of the file.</summary>
    public long End { get; init; } = long.MaxValue;

    /// <summary>How many splits the source was given when this one was; 0 if that was not noted.</summary>
    public int Siblings { get; init; }

    /// <summary>Whether nothing was read yet, so that the beginning of the range must still be moved to the beginning of a line.</summary>
    public bool IsFresh { get; init; }

    /// <summary>Whether all that the file had was read; of a watched file.</summary>
    public bool IsAtEnd { get; init; }

    /// <summary>A hash of the bytes before <see cref="Offset"/>, which tells that the file is still the same.</summary>
    public uint Fingerprint { get; init; }

    public bool IsRange => Start > 0 || End != long.MaxValue;

    public static FilePosition Read(ReadOnlyMemory<byte> bytes, string split)
    {
        if (bytes.IsEmpty)
        {
            return new FilePosition { IsFresh = true };
        }

        DataReader reader = new(bytes);
        byte version = reader.ReadByte();
        if (version != Version)
        {
            throw new StateRestoreException(
                $"The position of the split '{split}' has the version {version}; this version of OrleansStream reads {Version}. Use the version that wrote it, or a newer one.");
        }

        byte flags = reader.ReadByte();
        FilePosition position = new()
        {
            IsFresh = (flags & IsFreshFlag) != 0,
            IsAtEnd = (flags & IsAtEndFlag) != 0,
            Offset = (long)reader.ReadVarUInt64(),
            Line = (long)reader.ReadVarUInt64(),
            Round = (int)reader.ReadVarUInt32(),
            Siblings = (int)reader.ReadVarUInt32(),
        };
        if (position.Offset > 0)
        {
            position = position with { Fingerprint = reader.ReadUInt32() };
        }

        if ((flags & HasRange) == 0)
        {
            return position;
        }

        long start = (long)reader.ReadVarUInt64();
        ulong length = reader.ReadVarUInt64();
        return position with { Start = start, End = length == 0 ? long.MaxValue : start + (long)length };
    }

    public byte[] Write()
    {
        DataWriter writer = new(32);
        writer.WriteByte(Version);
        writer.WriteByte((byte)((IsRange ? HasRange : 0) | (IsFresh ? IsFreshFlag : 0) | (IsAtEnd ? IsAtEndFlag : 0)));
        writer.WriteVarUInt64((ulong)Offset);
        writer.WriteVarUInt64((ulong)Line);
        writer.WriteVarUInt32((uint)Round);
        writer.WriteVarUInt32((uint)Siblings);
        if (Offset > 0)
        {
            writer.WriteUInt32(Fingerprint);
        }

        if (IsRange)
        {
            writer.WriteVarUInt64((ulong)Start);
            writer.WriteVarUInt64(End == long.MaxValue ? 0 : (ulong)(End - Start));
        }

        return writer.ToArray();
    }
}
