using OrleansStream.Formats;

namespace OrleansStream.Connectors.Files;

/// <summary>A format with one record per line.</summary>
internal abstract class LineParser<T> : RecordParser<T>
{
    public sealed override ParseStatus Read(byte[] data, int from, int to, bool isLast, out T value)
    {
        ReadOnlySpan<byte> rest = data.AsSpan(from, to - from);
        int end = rest.IndexOf((byte)'\n');
        if (end < 0)
        {
            if (!isLast)
            {
                value = default!;
                Consumed = 0;
                Lines = 0;
                return ParseStatus.NeedMore;
            }

            end = rest.Length;
            Consumed = end;
        }
        else
        {
            Consumed = end + 1;
        }

        Lines = 1;
        if (end > 0 && rest[end - 1] == '\r')
        {
            end--;
        }

        return Parse(rest[..end], out value);
    }

    /// <summary>Reads a line, without its end.</summary>
    protected abstract ParseStatus Parse(ReadOnlySpan<byte> line, out T value);

    protected ParseStatus Bad(string problem)
    {
        Problem = problem;
        return ParseStatus.Bad;
    }
}
