using System.Text;
using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream;

/// <summary>The headers of a record, read in place. Valid as long as the record.</summary>
public readonly unsafe ref struct KafkaHeaders
{
    private readonly nint _headers;

    internal KafkaHeaders(nint headers)
    {
        _headers = headers;
    }

    /// <summary>The value of the last header of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value; empty if there is none.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(string name, out ReadOnlySpan<byte> value)
    {
        value = default;
        bool found = false;
        for (nuint i = 0; TryGet(i, out string header, out ReadOnlySpan<byte> bytes); i++)
        {
            if (header == name)
            {
                value = bytes;
                found = true;
            }
        }

        return found;
    }

    /// <summary>The text of the last header of a name; null if there is none.</summary>
    /// <param name="name">The name.</param>
    public string? Text(string name) => TryGet(name, out ReadOnlySpan<byte> value) ? Encoding.UTF8.GetString(value) : null;

    private bool TryGet(nuint index, out string name, out ReadOnlySpan<byte> value)
    {
        if (_headers == 0 || Rd.HeaderGet(_headers, index, out byte* utf8, out byte* data, out nuint size) != 0)
        {
            name = "";
            value = default;
            return false;
        }

        name = Rd.Text(utf8);
        value = new ReadOnlySpan<byte>(data, (int)size);
        return true;
    }
}
