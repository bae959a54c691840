namespace OrleansStream.Serialization;

/// <summary>
/// The byte behind the count of a set or map that says how it compares, since a set that forgot to ignore case would hold other
/// elements after a restore. The numbers are stored: never change one.
/// </summary>
internal static class Comparers
{
    internal static byte CodeOf<T>(object? comparer, Type collection)
    {
        if (comparer is null || ReferenceEquals(comparer, EqualityComparer<T>.Default) || ReferenceEquals(comparer, Comparer<T>.Default))
        {
            return 0;
        }

        if (typeof(T) == typeof(string))
        {
            for (byte code = 1; code <= 4; code++)
            {
                if (comparer.Equals(Known(code)))
                {
                    return code;
                }
            }
        }

        throw new SerializationException(
            $"A {TypeNames.Of(collection)} has the comparer {TypeNames.Of(comparer.GetType())}, which cannot be stored. "
            + "Use the default comparer (for strings also a StringComparer, ordinal or invariant), or register a serializer for the collection.");
    }

    internal static object? Read<T>(DataReader reader)
    {
        byte code = reader.ReadByte();
        return code == 0 ? null : code <= 4 && typeof(T) == typeof(string) ? Known(code) : throw reader.Corrupt($"{code} is no comparer", -1);
    }

    private static StringComparer Known(byte code) => code switch
    {
        1 => StringComparer.Ordinal,
        2 => StringComparer.OrdinalIgnoreCase,
        3 => StringComparer.InvariantCulture,
        _ => StringComparer.InvariantCultureIgnoreCase,
    };
}
