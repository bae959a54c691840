using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace OrleansStream.Serialization;

/// <summary>A primitive whose encoding is its memory, every pattern of which is a value.</summary>
internal class BlittableSerializer<T> : ScalarSerializer<T> where T : unmanaged
{
    internal sealed override int FixedSize => Unsafe.SizeOf<T>();

    public sealed override void Write(DataWriter writer, in T value) => writer.WriteRaw(value);

    public sealed override T Read(DataReader reader) => reader.ReadRaw<T>();

    public sealed override void WriteAll(DataWriter writer, ReadOnlySpan<T> values) => writer.WriteRawAll(values);

    public sealed override void ReadAll(DataReader reader, Span<T> values) => reader.ReadRawAll(values);
}

/// <summary>An enum, stored as its number; numbers without a name are values too.</summary>
internal sealed class EnumSerializer<TEnum> : BlittableSerializer<TEnum> where TEnum : unmanaged, Enum
{
    public override TypeSchema Schema { get; } = new(SchemaKind.Enum, TypeNames.Full(typeof(TEnum)))
    {
        UnderlyingType = TypeNames.Of(Enum.GetUnderlyingType(typeof(TEnum))),
        EnumNames = Names(),
    };

    /// <summary>Readable as long as no name has got another number.</summary>
    protected override TypeSerializer<TEnum>? AdaptTo(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter)
    {
        if (written.Kind != SchemaKind.Enum || written.UnderlyingType != Schema.UnderlyingType)
        {
            return null;
        }

        Dictionary<string, long> now = new(Schema.EnumNames);
        foreach ((string name, long value) in written.EnumNames)
        {
            if (now.TryGetValue(name, out long changed) && changed != value)
            {
                throw adapter.Unreadable($"{written.TypeName}.{name} = {value}", $"{Schema.TypeName}.{name} = {changed}");
            }
        }

        return this;
    }

    private static ImmutableArray<KeyValuePair<string, long>> Names() =>
    [
        .. Enum.GetNames<TEnum>()
            .Select(n => KeyValuePair.Create(n, Number(Enum.Parse<TEnum>(n))))
            .OrderBy(n => n.Value).ThenBy(n => n.Key, StringComparer.Ordinal),
    ];

    private static long Number(TEnum value) => Unsafe.SizeOf<TEnum>() switch
    {
        1 => Unsafe.BitCast<TEnum, sbyte>(value),
        2 => Unsafe.BitCast<TEnum, short>(value),
        4 => Unsafe.BitCast<TEnum, int>(value),
        _ => Unsafe.BitCast<TEnum, long>(value),
    };
}
