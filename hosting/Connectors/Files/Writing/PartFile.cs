using Microsoft.Win32.SafeHandles;
using OrleansStream.Serialization;

namespace OrleansStream.Connectors.Files;

/// <summary>A file that a sink is writing.</summary>
internal sealed class PartFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly XxHash64Stream _checksum = new();

    public PartFile(string folder, string name, int number)
    {
        Path = System.IO.Path.Combine(folder, name);
        Number = number;
        _file = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
    }

    public string Path { get; }

    public int Number { get; }

    public long Length { get; private set; }

    public ulong Checksum => _checksum.Digest();

    public bool IsClosed => _file.IsClosed;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, Length);
        _checksum.Append(bytes);
        Length += bytes.Length;
    }

    public void FlushToDisk() => RandomAccess.FlushToDisk(_file);

    /// <summary>Makes it durable and closes it, unless that was done.</summary>
    public void Complete()
    {
        if (!IsClosed)
        {
            FlushToDisk();
            _file.Dispose();
        }
    }

    public void Dispose() => _file.Dispose();
}
