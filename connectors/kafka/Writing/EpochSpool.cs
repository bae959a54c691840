using System.Collections;
using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>
/// What the writer has spooled for one epoch: chunks in memory, and behind them chunks in a file, when there is more than may be in memory. As a list it is what is committed: the header, then the
/// chunks, each read when it is asked for. Filled by the subtask's thread until it is prepared; read by the background, more than once, until it is disposed.
/// </summary>
internal sealed class EpochSpool(ChunkPool pool) : IReadOnlyList<byte[]>, IDisposable
{
    private readonly List<(byte[]? Bytes, long Offset, int Length)> _chunks = [];
    private byte[] _header = [];
    private SafeFileHandle? _file;
    private long _fileEnd;

    public long Bytes { get; private set; }

    /// <summary>Bytes of it in memory.</summary>
    public long MemoryBytes => Bytes - _fileEnd;

    public int Parts { get; private set; }

    public int Count => _chunks.Count + 1;

    public byte[] this[int index]
    {
        get
        {
            if (index == 0)
            {
                return _header;
            }

            (byte[]? bytes, long offset, int length) = _chunks[index - 1];
            return bytes ?? Read(GC.AllocateUninitializedArray<byte>(length), offset);
        }
    }

    /// <summary>Adds a sealed chunk, which belongs to the spool from now on.</summary>
    public void Add(byte[] chunk, int part, bool toFile)
    {
        Bytes += chunk.Length;
        Parts = part;
        if (!toFile)
        {
            _chunks.Add((chunk, 0, chunk.Length));
            return;
        }

        _file ??= OpenFile();
        RandomAccess.Write(_file, chunk, _fileEnd);
        _chunks.Add((null, _fileEnd, chunk.Length));
        _fileEnd += chunk.Length;
        pool.Return(chunk);
    }

    public void SetHeader(byte[] header) => _header = header;

    /// <summary>Nobody reads it any more: gives the chunks back.</summary>
    public void Dispose()
    {
        foreach ((byte[]? bytes, _, _) in _chunks)
        {
            if (bytes is not null)
            {
                pool.Return(bytes);
            }
        }

        _chunks.Clear();
        _file?.Dispose();
    }

    /// <summary>Reads everything in order, once; what comes from the file is valid until the next one is asked for.</summary>
    public IEnumerator<byte[]> GetEnumerator()
    {
        yield return _header;
        byte[] buffer = [];
        try
        {
            for (int i = 0; i < _chunks.Count; i++)
            {
                (byte[]? bytes, long offset, int length) = _chunks[i];
                if (bytes is not null)
                {
                    yield return bytes;
                    continue;
                }

                if (buffer.Length != length)
                {
                    pool.Return(buffer);
                    buffer = pool.RentExactly(length);
                }

                yield return Read(buffer, offset);
            }
        }
        finally
        {
            pool.Return(buffer);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private byte[] Read(byte[] into, long offset)
    {
        int read = 0;
        while (read < into.Length && RandomAccess.Read(_file!, into.AsSpan(read), offset + read) is > 0 and int n)
        {
            read += n;
        }

        return read == into.Length ? into : throw new IOException($"the spool file ends after {offset + read} bytes");
    }

    // Without a name as soon as it is open where that is possible, so that nothing of it stays when the process is killed. Closed with the spool, or when nobody refers to it any more.
    private static SafeFileHandle OpenFile()
    {
        string path = Path.Combine(Path.GetTempPath(), $"orleansstream-spool-{Guid.NewGuid():n}");
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }

        return file;
    }
}
