using System.Buffers;
using OrleansStream.Checkpointing;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// Writes the state of one subtask as one file of sections, in blocks, each section with a checksum of its own and the whole in an
/// envelope. It blocks on the store: for one work item in the host's I/O pool. A subtask that opens no section gets no file. Disposing
/// it before <see cref="Complete"/> leaves nothing behind.
/// </summary>
public sealed class SubtaskSnapshotWriter : IBufferWriter<byte>, IDisposable
{
    /// <summary>The default size of a block.</summary>
    public const int DefaultBlockBytes = 64 * 1024;

    private readonly ICheckpointStore _store;
    private readonly string _path;
    private readonly SubtaskId _subtask;
    private readonly List<StateSection> _sections = [];
    private readonly Checksum _fileChecksum = new();
    private readonly byte[] _block;
    private byte[] _large = [];
    private bool _largeIsOut;
    private int _used;
    private long _flushed;
    private ICheckpointFile? _file;
    private StateSection? _open;
    private Checksum _sectionChecksum = new();
    private int _sectionStart;
    private bool _done;

    /// <summary>Prepares a writer; nothing is created yet.</summary>
    /// <param name="store">The store.</param>
    /// <param name="path">The file, from <see cref="CheckpointLayout.SubtaskFile"/>.</param>
    /// <param name="subtask">The subtask.</param>
    /// <param name="blockBytes">How many bytes go to the store at once; at least 64 KiB.</param>
    public SubtaskSnapshotWriter(ICheckpointStore store, string path, SubtaskId subtask, int blockBytes = DefaultBlockBytes)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockBytes, 64 * 1024);
        CheckpointPath.RequireFile(path);
        _store = store;
        _path = path;
        _subtask = subtask;
        _block = new byte[blockBytes];
    }

    /// <summary>The bytes of the file so far.</summary>
    public long Position => _flushed + _used;

    /// <summary>Opens a section; the one before must be closed.</summary>
    /// <param name="operatorUid">The operator's uid.</param>
    /// <param name="name">The state's name.</param>
    /// <param name="kind">How the state is shared out.</param>
    /// <param name="keyGroup">Its key group, or <see cref="StateSection.NoKeyGroup"/>.</param>
    public void BeginSection(string operatorUid, string name, StateSectionKind kind, int keyGroup = StateSection.NoKeyGroup)
    {
        ArgumentNullException.ThrowIfNull(operatorUid);
        ArgumentNullException.ThrowIfNull(name);
        RequireState(!_done && _open is null, "a section is opened inside another one or after the end");
        if (_file is null)
        {
            _file = _store.Create(_path);
            FileEnvelope.WriteHeader(_block, CheckpointFileKind.SubtaskState);
            _used = FileEnvelope.HeaderBytes;
        }

        _open = new StateSection(operatorUid, name, kind, keyGroup, Position, 0, 0);
        _sectionChecksum = new Checksum();
        _sectionStart = _used;
    }

    /// <summary>Adds bytes to the open section.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        RequireOpen();
        while (bytes.Length > 0)
        {
            if (_used == _block.Length)
            {
                Flush();
            }

            var taken = Math.Min(bytes.Length, _block.Length - _used);
            bytes[..taken].CopyTo(_block.AsSpan(_used));
            _used += taken;
            bytes = bytes[taken..];
        }
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        RequireOpen();
        var needed = Math.Max(sizeHint, 1);
        if (_block.Length - _used < needed)
        {
            Flush();
        }

        _largeIsOut = needed > _block.Length;
        if (!_largeIsOut)
        {
            return _block.AsMemory(_used);
        }

        if (_large.Length < needed)
        {
            _large = new byte[needed];
        }

        return _large;
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        RequireOpen();
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _largeIsOut ? _large.Length : _block.Length - _used);
        if (_largeIsOut)
        {
            _largeIsOut = false;
            Write(_large.AsSpan(0, count));
        }
        else
        {
            _used += count;
        }
    }

    /// <summary>Closes the open section.</summary>
    public void EndSection()
    {
        RequireOpen();
        _sectionChecksum.Add(_block.AsSpan(_sectionStart, _used - _sectionStart));
        _sections.Add(_open! with { Length = Position - _open.Offset, Checksum = _sectionChecksum.Value });
        _open = null;
    }

    /// <summary>Ends the file and makes it durable.</summary>
    public SubtaskSnapshot Complete()
    {
        RequireState(!_done && _open is null, "the file is ended inside a section or twice");
        _done = true;
        if (_file is null)
        {
            return SubtaskSnapshot.Empty(_subtask);
        }

        var payload = Position - FileEnvelope.HeaderBytes;
        Flush();
        FileEnvelope.WriteFooter(_block, payload, _fileChecksum);
        _file.Write(_block.AsSpan(0, FileEnvelope.FooterBytes));
        _file.Commit();
        return new SubtaskSnapshot(_subtask, _path, _flushed + FileEnvelope.FooterBytes, _sections);
    }

    /// <summary>Frees the file; without <see cref="Complete"/> it is removed.</summary>
    public void Dispose()
    {
        _done = true;
        _file?.Dispose();
    }

    private void Flush()
    {
        if (_used == 0)
        {
            return;
        }

        if (_open is not null)
        {
            _sectionChecksum.Add(_block.AsSpan(_sectionStart, _used - _sectionStart));
        }

        _fileChecksum.Add(_block.AsSpan(0, _used));
        _file!.Write(_block.AsSpan(0, _used));
        _flushed += _used;
        _used = 0;
        _sectionStart = 0;
    }

    private void RequireOpen() => RequireState(_open is not null, "bytes are written outside a section");

    private void RequireState(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvariantViolatedException($"The snapshot of subtask {_subtask} in '{_path}' is written out of order: {otherwise}.");
        }
    }
}
