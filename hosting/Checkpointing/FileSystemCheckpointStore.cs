using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansStream.Checkpointing;

namespace OrleansStream.Hosting.Checkpointing;

/// <summary>
/// A checkpoint store in a directory of a local or shared file system. A file is written under a temporary name, flushed to the disk,
/// and gets its name at once: by link(2), which never replaces, or by rename(2) for data files; then the directory is flushed.
/// The file system must have hard links. Temporary files that a crash left are never listed and go away a day later. While a data file
/// is written its thread pauses now and then for a millisecond, so that a snapshot does not keep records waiting.
/// </summary>
public sealed class FileSystemCheckpointStore : ICheckpointStore
{
    private const string TemporaryPrefix = ".tmp-";
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private static readonly EnumerationOptions AllNames = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly string _root;
    private readonly TimeProvider _time;

    // Folders of which this store knows that their own names are durable.
    private readonly ConcurrentDictionary<string, bool> _durableFolders = new(StringComparer.Ordinal);

    /// <summary>Opens a store; the directory is made when the first file is.</summary>
    /// <param name="directory">The root directory.</param>
    /// <param name="time">The clock that tells how old a leftover is; the system's by default.</param>
    public FileSystemCheckpointStore(string directory, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        _root = Path.GetFullPath(directory);
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The root directory.</summary>
    public string Directory => _root;

    /// <inheritdoc/>
    public bool PutIfAbsent(string path, ReadOnlySpan<byte> content)
    {
        var target = FullPath(path);
        try
        {
            // Losing is common (a second process) and needs no write; winning is decided by link alone.
            if (File.Exists(target))
            {
                return false;
            }

            var temporary = OpenTemporary(target, out var stream);
            try
            {
                using (stream)
                {
                    stream.Write(content);
                    stream.Flush(flushToDisk: true);
                }

                return OperatingSystem.IsWindows() ? MoveIfAbsent(temporary, target) : LinkIfAbsent(temporary, target);
            }
            finally
            {
                TryDelete(temporary);
            }
        }
        catch (Exception e) when (FileSystemFailure.Is(e))
        {
            throw FileSystemFailure.Describe("written", path, _root, e);
        }
    }

    /// <inheritdoc/>
    public ICheckpointFile Create(string path)
    {
        var target = FullPath(path);
        try
        {
            var temporary = OpenTemporary(target, out var stream);
            return new DataFile(this, path, target, temporary, stream);
        }
        catch (Exception e) when (FileSystemFailure.Is(e))
        {
            throw FileSystemFailure.Describe("created", path, _root, e);
        }
    }

    /// <inheritdoc/>
    public byte[] Read(string path)
    {
        var target = FullPath(path);
        try
        {
            return File.ReadAllBytes(target);
        }
        catch (Exception e) when (FileSystemFailure.Is(e))
        {
            throw FileSystemFailure.Describe("read", path, _root, e);
        }
    }

    /// <inheritdoc/>
    public byte[] Read(string path, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var target = FullPath(path);
        try
        {
            using var handle = File.OpenHandle(target);
            var bytes = new byte[length];
            for (var got = 0; got < length;)
            {
                var read = RandomAccess.Read(handle, bytes.AsSpan(got), offset + got);
                if (read == 0)
                {
                    throw CheckpointStorageException.Damaged(
                        $"Checkpoint file '{path}' in {_root} is torn: it ends after {offset + got} bytes, and bytes {offset} to "
                        + $"{offset + length} are needed. Restore it from a backup, or start from an older checkpoint or a savepoint.");
                }

                got += read;
            }

            return bytes;
        }
        catch (Exception e) when (FileSystemFailure.Is(e))
        {
            throw FileSystemFailure.Describe("read", path, _root, e);
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path) => File.Exists(FullPath(path));

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder)
    {
        CheckpointPath.RequireFolder(folder);
        var found = new List<string>();
        try
        {
            Collect(folder, found);
        }
        catch (Exception e) when (FileSystemFailure.Is(e))
        {
            throw FileSystemFailure.Describe("listed", folder, _root, e);
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        var target = FullPath(path);
        try
        {
            File.Delete(target);
        }
        catch (DirectoryNotFoundException)
        {
        }
        catch (Exception e) when (FileSystemFailure.Is(e))
        {
            throw FileSystemFailure.Describe("deleted", path, _root, e);
        }
    }

    /// <inheritdoc/>
    public void DeleteFolder(string folder)
    {
        var target = FullPath(folder);
        foreach (var known in _durableFolders.Keys)
        {
            if (known == target || known.StartsWith(target + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                _durableFolders.TryRemove(known, out _);
            }
        }

        try
        {
            System.IO.Directory.Delete(target, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
        }
        catch (Exception e) when (FileSystemFailure.Is(e))
        {
            throw FileSystemFailure.Describe("deleted", folder, _root, e);
        }
    }

    private static bool LinkIfAbsent(string temporary, string target)
    {
        if (!UnixFiles.Link(temporary, target))
        {
            return false;
        }

        UnixFiles.SyncDirectory(Path.GetDirectoryName(target)!);
        return true;
    }

    private static bool MoveIfAbsent(string temporary, string target)
    {
        try
        {
            File.Move(temporary, target, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(target))
        {
            return false;
        }
    }

    private static void SyncDirectory(string directory)
    {
        if (!OperatingSystem.IsWindows())
        {
            UnixFiles.SyncDirectory(directory);
        }
    }

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (FileSystemFailure.Is(e))
        {
            // It is a leftover then, which List removes some day.
        }
    }

    private string OpenTemporary(string target, out FileStream stream)
    {
        var folder = Path.GetDirectoryName(target)!;
        for (var tries = 0; ; tries++)
        {
            MakeDurableFolder(folder);
            var temporary = Path.Combine(folder, TemporaryPrefix + Guid.NewGuid().ToString("N"));
            try
            {
                stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
                return temporary;
            }
            catch (DirectoryNotFoundException) when (tries < 3)
            {
                // Another process deleted the folder between the two calls.
                _durableFolders.TryRemove(folder, out _);
            }
        }
    }

    // A file is durable only when the names of all folders above it are; they may be new, or another process's and not flushed yet.
    private void MakeDurableFolder(string folder)
    {
        if (_durableFolders.ContainsKey(folder) && System.IO.Directory.Exists(folder))
        {
            return;
        }

        var parent = Path.GetDirectoryName(folder);
        if (folder.Length > _root.Length && parent is not null)
        {
            MakeDurableFolder(parent);
            System.IO.Directory.CreateDirectory(folder);
            SyncDirectory(parent);
        }
        else
        {
            var isNew = !System.IO.Directory.Exists(folder);
            System.IO.Directory.CreateDirectory(folder);
            if (isNew && parent is not null)
            {
                SyncDirectory(parent);
            }
        }

        _durableFolders[folder] = true;
    }

    private void Collect(string folder, List<string> found)
    {
        var directory = folder.Length == 0 ? _root : FullPath(folder);
        try
        {
            foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", AllNames))
            {
                var path = folder.Length == 0 ? entry.Name : folder + "/" + entry.Name;
                if (entry.Name[0] == '.')
                {
                    CleanLeftover(entry);
                }
                else if (entry is DirectoryInfo)
                {
                    Collect(path, found);
                }
                else
                {
                    found.Add(path);
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
        }
    }

    private void CleanLeftover(FileSystemInfo entry)
    {
        if (entry is FileInfo file && file.Name.StartsWith(TemporaryPrefix, StringComparison.Ordinal)
            && _time.GetUtcNow() - file.LastWriteTimeUtc > LeftoverAge)
        {
            TryDelete(file.FullName);
        }
    }

    private string FullPath(string path)
    {
        CheckpointPath.RequireFile(path);
        return Path.Combine(_root, OperatingSystem.IsWindows() ? path.Replace('/', '\\') : path);
    }

    private sealed class DataFile(FileSystemCheckpointStore store, string path, string target, string temporary, FileStream stream)
        : ICheckpointFile
    {
        // A pause comes when a 64th of the time that the file has taken has gone by since the last one: after each block of a small file, rarely in one that takes minutes.
        private const int PauseShare = 64;
        private const int PauseMs = 1;

        // The first one is longer: what records change right after a barrier their subtask copies first, which takes it milliseconds without help.
        private const int FirstPauseMs = 6;

        private readonly long _began = Stopwatch.GetTimestamp();
        private long _paused;
        private int _pauses;
        private bool _committed;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            try
            {
                GiveWay();
                stream.Write(bytes);
            }
            catch (Exception e) when (FileSystemFailure.Is(e))
            {
                throw FileSystemFailure.Describe("written", path, store._root, e);
            }
        }

        public void Commit()
        {
            ObjectDisposedException.ThrowIf(_committed, this);
            try
            {
                stream.Flush(flushToDisk: true);
                stream.Dispose();
                File.Move(temporary, target, overwrite: true);
                _committed = true;
                SyncDirectory(Path.GetDirectoryName(target)!);
            }
            catch (Exception e) when (FileSystemFailure.Is(e))
            {
                throw FileSystemFailure.Describe("written", path, store._root, e);
            }
        }

        // Bytes come as fast as they can be made and written, which takes a core and its caches from a worker for some ten milliseconds on end. With pauses it takes longer, and records wait less.
        private void GiveWay()
        {
            long now = Stopwatch.GetTimestamp();
            if (_paused == 0)
            {
                _paused = now;
            }
            else if (now - _paused >= (now - _began) / PauseShare)
            {
                Thread.Sleep(_pauses++ == 0 ? FirstPauseMs : PauseMs);
                _paused = Stopwatch.GetTimestamp();
            }
        }

        public void Dispose()
        {
            try
            {
                stream.Dispose();
            }
            catch (IOException) when (!_committed)
            {
                // What could not be written is thrown away anyway.
            }

            if (!_committed)
            {
                TryDelete(temporary);
            }
        }
    }
}
