using System.Collections.Concurrent;
using OrleansStream.Checkpointing;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// A checkpoint store in memory: for tests, and for embedded jobs without a checkpoint directory, which then survive a failed attempt
/// but not the end of their process. Safe for any number of threads; never blocks on anything outside the process.
/// </summary>
public sealed class InMemoryCheckpointStore : ICheckpointStore
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool PutIfAbsent(string path, ReadOnlySpan<byte> content)
    {
        CheckpointPath.RequireFile(path);
        return _files.TryAdd(path, content.ToArray());
    }

    /// <inheritdoc/>
    public ICheckpointFile Create(string path)
    {
        CheckpointPath.RequireFile(path);
        return new MemoryFile(_files, path);
    }

    /// <inheritdoc/>
    public byte[] Read(string path) => Content(path).AsSpan().ToArray();

    /// <inheritdoc/>
    public byte[] Read(string path, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var content = Content(path);
        if (offset > content.Length || content.Length - offset < length)
        {
            throw CheckpointStorageException.Damaged(
                $"Checkpoint file '{path}' is torn: it ends after {content.Length} bytes, and bytes {offset} to {offset + length} are needed.");
        }

        return content.AsSpan((int)offset, length).ToArray();
    }

    /// <inheritdoc/>
    public bool Exists(string path)
    {
        CheckpointPath.RequireFile(path);
        return _files.ContainsKey(path);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder)
    {
        CheckpointPath.RequireFolder(folder);
        var found = _files.Keys.Where(path => CheckpointPath.IsUnder(folder, path)).ToList();
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        CheckpointPath.RequireFile(path);
        _files.TryRemove(path, out _);
    }

    /// <inheritdoc/>
    public void DeleteFolder(string folder)
    {
        CheckpointPath.RequireFile(folder);
        foreach (var path in List(folder))
        {
            _files.TryRemove(path, out _);
        }
    }

    private byte[] Content(string path)
    {
        CheckpointPath.RequireFile(path);
        return _files.TryGetValue(path, out var content)
            ? content
            : throw CheckpointStorageException.Damaged($"Checkpoint file '{path}' is missing from memory: it was never written, or deleted.");
    }

    private sealed class MemoryFile(ConcurrentDictionary<string, byte[]> files, string path) : ICheckpointFile
    {
        private readonly MemoryStream _bytes = new();
        private bool _committed;

        public void Write(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public void Commit()
        {
            ObjectDisposedException.ThrowIf(_committed, this);
            _committed = true;
            files[path] = _bytes.ToArray();
        }

        public void Dispose() => _bytes.Dispose();
    }
}
