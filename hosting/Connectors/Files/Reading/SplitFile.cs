using OrleansStream.Serialization;

namespace OrleansStream.Connectors.Files;

/// <summary>The file of a split, and what can be wrong with it.</summary>
internal sealed class SplitFile(string operatorName, string path)
{
    private const int FingerprintBytes = 256;

    public string Path => path;

    /// <summary>A hash of the bytes before an offset.</summary>
    public static uint Fingerprint(BlockBuffer file, long offset)
    {
        Span<byte> bytes = stackalloc byte[(int)Math.Min(FingerprintBytes, offset)];
        int got = file.ReadAt(offset - bytes.Length, bytes);
        return offset == 0 ? 0 : (uint)XxHash64.Hash(bytes[..got]);
    }

    public ConnectorException Gone(long offset, long lines) => offset == 0
        ? new($"Source '{operatorName}': '{path}' is gone before it was read. Put it back, or remove it only after the job has read it.")
        : new($"Source '{operatorName}': '{path}' is gone, but the checkpoint goes on at its byte {offset} (after {lines} lines). Put it back as it was, or start without the checkpoint.");

    public ConnectorException Shrunk(long length, long needed) => new(
        $"Source '{operatorName}': '{path}' has {length} bytes, but {needed} are known of it: it was cut or replaced by another file. Put it back as it was, or start without the checkpoint. "
        + "Give new data a new file name; a file that was read may only grow.");

    public ConnectorException Replaced(long offset) => new(
        $"Source '{operatorName}': '{path}' is not the file that was read up to its byte {offset}: what stands before that byte has changed. Put it back as it was, or start without the checkpoint. "
        + "Give new data a new file name; a file that was read may only grow.");

    public ConnectorException NotUtf8() => new(
        $"Source '{operatorName}': '{path}' begins with the mark of UTF-16. Convert it to UTF-8, for example with iconv -f utf-16 -t utf-8.");

    public ConnectorException Unreadable(long offset, Exception e) => new(
        $"Source '{operatorName}': '{path}' cannot be read at byte {offset}: {e.Message} Check the file and its permissions.", e, canRetry: true);
}
