using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Connectors.Files;

/// <summary>A file that is read in blocks into a buffer, from which whole records are taken.</summary>
internal sealed class BlockBuffer(string path, int blockBytes) : IDisposable
{
    private readonly SafeFileHandle _file = File.OpenHandle(
        path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);

    private byte[] _data = ArrayPool<byte>.Shared.Rent(blockBytes);
    private long _end;

    /// <summary>The buffer; what is in it goes from <see cref="From"/> to <see cref="To"/>.</summary>
    public byte[] Data => _data;

    public int From { get; private set; }

    public int To { get; private set; }

    public int Count => To - From;

    public ReadOnlySpan<byte> Span => _data.AsSpan(From, Count);

    /// <summary>Whether the last read found the end of the file.</summary>
    public bool IsAtEnd { get; private set; }

    public long FileLength => RandomAccess.GetLength(_file);

    /// <summary>Empties the buffer and goes on at a byte of the file.</summary>
    public void Seek(long offset)
    {
        From = To = 0;
        _end = offset;
        IsAtEnd = false;
    }

    /// <summary>Drops bytes from the front.</summary>
    public void Consume(int count) => From += count;

    /// <summary>Reads the next block behind what there is; finds the end of the file, or more data.</summary>
    public void Fill()
    {
        if (From > 0)
        {
            _data.AsSpan(From, Count).CopyTo(_data);
            (From, To) = (0, Count);
        }

        if (_data.Length - To < Math.Max(1, blockBytes / 2))
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(_data.Length * 2);
            _data.AsSpan(0, To).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_data);
            _data = larger;
        }

        int read = RandomAccess.Read(_file, _data.AsSpan(To, Math.Min(blockBytes, _data.Length - To)), _end);
        IsAtEnd = read == 0;
        To += read;
        _end += read;
    }

    /// <summary>Reads bytes that are elsewhere in the file; fewer than asked for at its end.</summary>
    public int ReadAt(long offset, Span<byte> bytes)
    {
        int got = 0;
        while (got < bytes.Length && RandomAccess.Read(_file, bytes[got..], offset + got) is var read and > 0)
        {
            got += read;
        }

        return got;
    }

    public void Dispose()
    {
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_data);
        _data = [];
        From = To = 0;
    }
}
