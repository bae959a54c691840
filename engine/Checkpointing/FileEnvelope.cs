using System.Buffers.Binary;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// What every file in a checkpoint store begins and ends with, so that a torn or foreign file is refused by name:
/// <c>"OSCP" version:u16 kind:u16 | payload | length:i64 checksum:u64 "PCSO"</c>, little-endian. The length is the payload's; the
/// checksum covers all before it.
/// </summary>
internal static class FileEnvelope
{
    public const int HeaderBytes = 8;
    public const int FooterBytes = 20;
    public const ushort Version = 1;

    private static ReadOnlySpan<byte> HeaderMagic => "OSCP"u8;

    private static ReadOnlySpan<byte> FooterMagic => "PCSO"u8;

    /// <summary>Puts a payload into its envelope.</summary>
    public static byte[] Wrap(CheckpointFileKind kind, ReadOnlySpan<byte> payload)
    {
        var file = new byte[HeaderBytes + payload.Length + FooterBytes];
        WriteHeader(file, kind);
        payload.CopyTo(file.AsSpan(HeaderBytes));
        var checksum = new Checksum();
        checksum.Add(file.AsSpan(0, HeaderBytes + payload.Length));
        WriteFooter(file.AsSpan(HeaderBytes + payload.Length), payload.Length, checksum);
        return file;
    }

    /// <summary>Takes the payload out of a whole file.</summary>
    /// <exception cref="CheckpointStorageException">The file is torn, foreign, of another kind or from a newer version.</exception>
    public static ReadOnlyMemory<byte> Open(string path, CheckpointFileKind kind, byte[] file)
    {
        RequireHeader(path, kind, file);
        var length = file.Length - HeaderBytes - FooterBytes;
        if (length < 0)
        {
            throw Torn(path, $"it ends after {file.Length} bytes");
        }

        var footer = file.AsSpan(HeaderBytes + length);
        if (!footer[16..].SequenceEqual(FooterMagic))
        {
            throw Torn(path, $"it ends after {file.Length} bytes without its footer");
        }

        if (BinaryPrimitives.ReadInt64LittleEndian(footer) != length)
        {
            throw Torn(path, $"it holds {length} bytes of content and says {BinaryPrimitives.ReadInt64LittleEndian(footer)}");
        }

        var checksum = Checksum.Of(file.AsSpan(0, HeaderBytes + length + 8));
        if (BinaryPrimitives.ReadUInt64LittleEndian(footer[8..]) != checksum)
        {
            throw Torn(path, "its checksum does not match its content");
        }

        return file.AsMemory(HeaderBytes, length);
    }

    public static void WriteHeader(Span<byte> target, CheckpointFileKind kind)
    {
        HeaderMagic.CopyTo(target);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], (ushort)kind);
    }

    /// <summary>Writes the footer; <paramref name="soFar"/> has seen header and payload.</summary>
    public static void WriteFooter(Span<byte> target, long payloadLength, Checksum soFar)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, payloadLength);
        soFar.Add(target[..8]);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], soFar.Value);
        FooterMagic.CopyTo(target[16..]);
    }

    /// <summary>Checks the first bytes of a file.</summary>
    public static void RequireHeader(string path, CheckpointFileKind kind, ReadOnlySpan<byte> head)
    {
        if (head.Length < HeaderBytes)
        {
            throw Torn(path, $"it ends after {head.Length} bytes");
        }

        if (!head[..4].SequenceEqual(HeaderMagic))
        {
            throw CheckpointStorageException.Damaged(
                $"Checkpoint file '{path}' is foreign: it was not written by OrleansStream. Point the job at its own checkpoint directory, "
                + "or restore the file from a backup.");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(head[4..]);
        if (version != Version)
        {
            throw CheckpointStorageException.Damaged(
                $"Checkpoint file '{path}' has format {version}; this build reads format {Version}. Run the build that wrote it, or a newer one.");
        }

        var found = (CheckpointFileKind)BinaryPrimitives.ReadUInt16LittleEndian(head[6..]);
        if (found != kind)
        {
            throw CheckpointStorageException.Damaged(
                $"Checkpoint file '{path}' is foreign: it is a file of kind {found}, and one of kind {kind} belongs there. Restore the file "
                + "from a backup.");
        }
    }

    public static CheckpointStorageException Torn(string path, string how) => CheckpointStorageException.Damaged(
        $"Checkpoint file '{path}' is torn: {how}. Restore it from a backup, or start from an older checkpoint or a savepoint.");
}
