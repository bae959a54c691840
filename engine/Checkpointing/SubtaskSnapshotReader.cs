using OrleansStream.Checkpointing;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// Reads sections of a subtask's file by range and verifies each. It blocks on the store: for work items in the host's I/O pool.
/// What is torn, foreign or missing is refused with file, operator, state and key group.
/// </summary>
public sealed class SubtaskSnapshotReader
{
    private readonly ICheckpointStore _store;
    private readonly SubtaskSnapshot _snapshot;
    private bool _headerSeen;

    /// <summary>Prepares a reader; nothing is read yet.</summary>
    /// <param name="store">The store.</param>
    /// <param name="snapshot">The snapshot, from the checkpoint's metadata.</param>
    public SubtaskSnapshotReader(ICheckpointStore store, SubtaskSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(snapshot);
        _store = store;
        _snapshot = snapshot;
    }

    /// <summary>Reads a section at once.</summary>
    /// <param name="section">One of the snapshot's sections, below 2 GiB; for larger ones use <see cref="Open"/>.</param>
    /// <exception cref="CheckpointStorageException">The section is missing, torn or foreign.</exception>
    public byte[] Read(StateSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        if (section.Length > Array.MaxLength)
        {
            throw Refuse(section, $"has {section.Length} bytes, more than fit into one array; read it in blocks");
        }

        var bytes = ReadRange(section, 0, (int)section.Length);
        Verify(section, Checksum.Of(bytes));
        return bytes;
    }

    /// <summary>Starts to read a section in blocks. Whether it is whole is known at its end.</summary>
    /// <param name="section">One of the snapshot's sections.</param>
    /// <param name="blockBytes">How many bytes are read from the store at once.</param>
    public StateSectionStream Open(StateSection section, int blockBytes = SubtaskSnapshotWriter.DefaultBlockBytes)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockBytes);
        return new StateSectionStream(this, section, blockBytes);
    }

    internal byte[] ReadRange(StateSection section, long from, int length)
    {
        if (_snapshot.Path is null)
        {
            throw Refuse(section, "belongs to a snapshot without a file");
        }

        // Compared without sums, which could overflow on numbers from a damaged file.
        if (section.Length < 0 || section.Offset < FileEnvelope.HeaderBytes
            || section.Offset > _snapshot.Length - FileEnvelope.FooterBytes
            || section.Length > _snapshot.Length - FileEnvelope.FooterBytes - section.Offset)
        {
            throw Refuse(section, $"is said to be outside the file's {_snapshot.Length} bytes");
        }

        try
        {
            if (!_headerSeen)
            {
                FileEnvelope.RequireHeader(
                    _snapshot.Path, CheckpointFileKind.SubtaskState, _store.Read(_snapshot.Path, 0, FileEnvelope.HeaderBytes));
                _headerSeen = true;
            }

            return _store.Read(_snapshot.Path, section.Offset + from, length);
        }
        catch (CheckpointStorageException e)
        {
            throw Refuse(section, "cannot be read: " + e.Message, e);
        }
    }

    internal void Verify(StateSection section, ulong checksum)
    {
        if (checksum != section.Checksum)
        {
            throw Refuse(
                section, "is torn or foreign: its checksum does not match the metadata. Restore the file from a backup, or start from an "
                + "older checkpoint or a savepoint");
        }
    }

    private CheckpointStorageException Refuse(StateSection section, string how, CheckpointStorageException? inner = null)
    {
        var group = section.KeyGroup == StateSection.NoKeyGroup ? "" : $" of key group {section.KeyGroup}";
        var message =
            $"State '{section.Name}' ({section.Kind}){group} of operator '{section.Operator}', subtask {_snapshot.Subtask}, in checkpoint file "
            + $"'{_snapshot.Path}' {how}{(how.EndsWith('.') ? "" : ".")}";

        // A store that did not answer may do so next time.
        return inner is { CanRetry: true } ? new CheckpointStorageException(message, inner) : CheckpointStorageException.Damaged(message, inner);
    }
}
