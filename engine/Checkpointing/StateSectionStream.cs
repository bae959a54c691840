namespace OrleansStream.Engine.Checkpointing;

/// <summary>Reads one section in blocks, from <see cref="SubtaskSnapshotReader.Open"/>. One thread of the host's I/O pool; it blocks.</summary>
public sealed class StateSectionStream
{
    private readonly SubtaskSnapshotReader _reader;
    private readonly StateSection _section;
    private readonly int _blockBytes;
    private readonly Checksum _checksum = new();
    private long _position;

    internal StateSectionStream(SubtaskSnapshotReader reader, StateSection section, int blockBytes)
    {
        _reader = reader;
        _section = section;
        _blockBytes = blockBytes;
    }

    /// <summary>The next block; empty at the end.</summary>
    /// <exception cref="CheckpointStorageException">The section is missing, torn or foreign; found at its last block at the latest, so
    /// that what was read before must not be used until the end is reached.</exception>
    public byte[] Next()
    {
        var length = (int)Math.Min(_blockBytes, _section.Length - _position);
        if (length <= 0 && _position > 0)
        {
            return [];
        }

        var block = _reader.ReadRange(_section, _position, length);
        _checksum.Add(block);
        _position += length;
        if (_position == _section.Length)
        {
            _reader.Verify(_section, _checksum.Value);
        }

        return block;
    }
}
