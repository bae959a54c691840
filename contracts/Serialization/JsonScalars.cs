using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace OrleansStream.Serialization;

/// <summary>Values without parts as JSON and back, by the name that their schema has. A number may also be given as text, so that who types a key need not know its type. Pure; any thread.</summary>
internal static class JsonScalars
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly StringSerializer s_string = new();
    private static readonly UriSerializer s_uri = new();
    private static readonly VersionSerializer s_version = new();

    /// <summary>Whether values are a text or a number, so that they can name a member.</summary>
    public static bool IsText(string type) => type is not ("bool" or "System.Uri" or "System.Version");

    public static void Write(Utf8JsonWriter json, DataReader reader, string type)
    {
        switch (type)
        {
            case "string":
                json.WriteStringValue(Whole(s_string.Read(reader)));
                break;
            case "bool":
                json.WriteBooleanValue(reader.ReadBoolean());
                break;
            case "System.Uri":
                json.WriteStringValue(s_uri.Read(reader)?.OriginalString);
                break;
            case "System.Version":
                json.WriteStringValue(s_version.Read(reader)?.ToString());
                break;
            default:
                string text = ReadText(reader, type);
                if (IsNumber(type) && char.IsAsciiDigit(text[^1])) // JSON has no number for infinity.
                {
                    json.WriteRawValue(text);
                }
                else
                {
                    json.WriteStringValue(text);
                }

                break;
        }
    }

    /// <summary>Reads a value as text: invariant, nothing rounded.</summary>
    public static string ReadText(DataReader reader, string type) => type switch
    {
        "string" => Whole(s_string.Read(reader)) ?? throw new SerializationException("A key of a map is null, which JSON cannot hold."),
        "sbyte" => Text<sbyte>(reader),
        "byte" => Text<byte>(reader),
        "short" => Text<short>(reader),
        "ushort" => Text<ushort>(reader),
        "int" => Text<int>(reader),
        "uint" => Text<uint>(reader),
        "long" or "nint" => Text<long>(reader),
        "ulong" or "nuint" => Text<ulong>(reader),
        "System.Int128" => Text<Int128>(reader),
        "System.UInt128" => Text<UInt128>(reader),
        "System.Half" => Text<Half>(reader),
        "float" => Text<float>(reader),
        "double" => Text<double>(reader),
        "decimal" => new DecimalSerializer().Read(reader).ToString(CultureInfo.InvariantCulture),
        "char" => Whole(reader.ReadRaw<char>().ToString())!,
        "System.Guid" => reader.ReadRaw<Guid>().ToString(),
        "System.TimeSpan" => reader.ReadRaw<TimeSpan>().ToString("c", CultureInfo.InvariantCulture),
        "System.DateTime" => new DateTimeSerializer().Read(reader).ToString("O", CultureInfo.InvariantCulture),
        "System.DateTimeOffset" => new DateTimeOffsetSerializer().Read(reader).ToString("O", CultureInfo.InvariantCulture),
        "System.DateOnly" => new DateOnlySerializer().Read(reader).ToString("O", CultureInfo.InvariantCulture),
        "System.TimeOnly" => new TimeOnlySerializer().Read(reader).ToString("O", CultureInfo.InvariantCulture),
        _ => throw new SerializationException($"Values of {type} cannot be written as JSON."),
    };

    /// <summary>Encodes a value that is given as JSON.</summary>
    /// <returns>False if it is none of that type; nothing has been written then.</returns>
    public static bool TryRead(JsonElement json, DataWriter writer, string type)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Null:
                return TryWriteNull(writer, type);
            case JsonValueKind.True or JsonValueKind.False:
                return type == "bool" && TryParse(json.GetRawText(), writer, type);
            case JsonValueKind.Number:
                return IsNumber(type) && TryParse(json.GetRawText(), writer, type);
            case JsonValueKind.String:
                return TryParse(json.GetString()!, writer, type);
            default:
                return false;
        }
    }

    /// <summary>Encodes a value that is given as text.</summary>
    /// <returns>False if it is none of that type; nothing has been written then.</returns>
    public static bool TryParse(string text, DataWriter writer, string type) => type switch
    {
        "string" => Written(true, text, s_string, writer),
        "bool" => Written(bool.TryParse(text, out bool b), b, new BooleanSerializer(), writer),
        "sbyte" => Number<sbyte>(text, writer),
        "byte" => Number<byte>(text, writer),
        "short" => Number<short>(text, writer),
        "ushort" => Number<ushort>(text, writer),
        "int" => Number<int>(text, writer),
        "uint" => Number<uint>(text, writer),
        "long" or "nint" => Number<long>(text, writer),
        "ulong" or "nuint" => Number<ulong>(text, writer),
        "System.Int128" => Number<Int128>(text, writer),
        "System.UInt128" => Number<UInt128>(text, writer),
        "System.Half" => Number<Half>(text, writer),
        "float" => Number<float>(text, writer),
        "double" => Number<double>(text, writer),
        "decimal" => Written(decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal d), d, new DecimalSerializer(), writer),
        "char" => Raw(text.Length == 1, text.Length == 1 ? text[0] : default, writer),
        "System.Guid" => Raw(Guid.TryParse(text, out Guid g), g, writer),
        "System.TimeSpan" => Raw(TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out TimeSpan t), t, writer),
        "System.DateTime" => Written(DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime at), at, new DateTimeSerializer(), writer),
        "System.DateTimeOffset" =>
            Written(DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset o), o, new DateTimeOffsetSerializer(), writer),
        "System.DateOnly" => Written(DateOnly.TryParse(text, CultureInfo.InvariantCulture, out DateOnly day), day, new DateOnlySerializer(), writer),
        "System.TimeOnly" => Written(TimeOnly.TryParse(text, CultureInfo.InvariantCulture, out TimeOnly time), time, new TimeOnlySerializer(), writer),
        "System.Uri" => Written(Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out Uri? uri), uri, s_uri, writer),
        "System.Version" => Written(Version.TryParse(text, out Version? version), version, s_version, writer),
        _ => throw new SerializationException($"Values of {type} cannot be read from JSON."),
    };

    /// <summary>The number of an enum's value, as its schema has it.</summary>
    public static long ReadEnum(DataReader reader, string underlyingType) => underlyingType switch
    {
        "sbyte" or "byte" => reader.ReadRaw<sbyte>(),
        "short" or "ushort" => reader.ReadInt16(),
        "int" or "uint" => reader.ReadInt32(),
        _ => reader.ReadInt64(),
    };

    /// <summary>The number of an enum's value that has no name.</summary>
    public static string EnumText(string underlyingType, long number) => underlyingType switch
    {
        "byte" => ((byte)number).ToString(CultureInfo.InvariantCulture),
        "ushort" => ((ushort)number).ToString(CultureInfo.InvariantCulture),
        "uint" => ((uint)number).ToString(CultureInfo.InvariantCulture),
        "ulong" => ((ulong)number).ToString(CultureInfo.InvariantCulture),
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    public static void WriteEnum(DataWriter writer, string underlyingType, long number)
    {
        switch (underlyingType)
        {
            case "sbyte" or "byte":
                writer.WriteByte((byte)number);
                break;
            case "short" or "ushort":
                writer.WriteInt16((short)number);
                break;
            case "int" or "uint":
                writer.WriteInt32((int)number);
                break;
            default:
                writer.WriteInt64(number);
                break;
        }
    }

    private static bool IsNumber(string type) => type is "sbyte" or "byte" or "short" or "ushort" or "int" or "uint" or "long" or "ulong" or "nint" or "nuint" or "System.Int128" or "System.UInt128"
        or "System.Half" or "float" or "double" or "decimal";

    // Half of a character would be replaced without a word.
    private static string? Whole(string? text)
    {
        _ = s_strict.GetByteCount(text ?? "");
        return text;
    }

    private static string Text<T>(DataReader reader) where T : unmanaged, INumberBase<T> => reader.ReadRaw<T>().ToString(null, CultureInfo.InvariantCulture);

    private static bool Number<T>(string text, DataWriter writer) where T : unmanaged, INumberBase<T> =>
        Raw(T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value), value, writer);

    private static bool Raw<T>(bool isOne, T value, DataWriter writer) where T : unmanaged
    {
        if (isOne)
        {
            writer.WriteRaw(value);
        }

        return isOne;
    }

    private static bool Written<T>(bool isOne, T value, TypeSerializer<T> serializer, DataWriter writer)
    {
        if (isOne)
        {
            serializer.Write(writer, in value);
        }

        return isOne;
    }

    private static bool TryWriteNull(DataWriter writer, string type) => type switch
    {
        "string" => Written(true, null, s_string, writer),
        "System.Uri" => Written(true, null, s_uri, writer),
        "System.Version" => Written(true, null, s_version, writer),
        _ => false,
    };
}
