using System.Text;

namespace OrleansStream.Connectors.Files;

/// <summary>Tells input that is wrong from code that is wrong, and shows the former.</summary>
internal static class BadInput
{
    private const int ExcerptBytes = 200;

    /// <summary>Whether an exception of a converter, constructor or row reader says that the input was wrong.</summary>
    public static bool Is(Exception e) => e is FormatException or OverflowException or ArgumentException or InvalidOperationException;

    /// <summary>The beginning of some input.</summary>
    public static string Excerpt(ReadOnlySpan<byte> content)
    {
        content = content.TrimEnd("\r\n"u8);
        if (content.Length <= ExcerptBytes)
        {
            return Encoding.UTF8.GetString(content);
        }

        int length = ExcerptBytes;
        while (length > ExcerptBytes - 4 && (content[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return Encoding.UTF8.GetString(content[..length]) + "…";
    }
}
