using System.Text;
using System.Text.Json;

namespace OrleansStream.Formats;

/// <summary>Tells input that is wrong from code that is wrong, and shows the former.</summary>
internal static class BadInput
{
    private const int ExcerptBytes = 200;

    /// <summary>Whether an exception of a converter, constructor or row reader says that the input was wrong.</summary>
    public static bool Is(Exception e) => e is FormatException or OverflowException or ArgumentException or InvalidOperationException;

    /// <summary>What is wrong with a piece of JSON, without what the serializer adds about the whole.</summary>
    /// <param name="e">What the serializer threw.</param>
    /// <param name="what">What the piece is: line, value.</param>
    public static string Describe<T>(JsonException e, string what)
    {
        // The serializer counts lines within what it was given, always 0 here, and columns from 0.
        string message = e.Message;
        int place = message.IndexOf(" Path: ", StringComparison.Ordinal);
        place = place >= 0 ? place : message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        if (place > 0)
        {
            message = message[..place];
        }

        string path = e.Path is null or "$" ? "" : $", at {e.Path}";
        string column = e.BytePositionInLine is { } byteInLine ? $", byte {byteInLine + 1} of the {what}" : "";
        return $"the {what} is no {typeof(T).Name} in JSON: {message.TrimEnd('.')}{path}{column}";
    }

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
