namespace OrleansStream.Serialization;

/// <summary>A value of a derived type would lose what the derived type adds, so it is refused.</summary>
internal static class ExactType
{
    internal static void Check(object value, Type declared)
    {
        if (value.GetType() != declared)
        {
            throw new SerializationException(
                $"A value of type {TypeNames.Of(value.GetType())} stands where {TypeNames.Of(declared)} is declared; it would lose what it adds. "
                + $"Store {TypeNames.Of(declared)} itself, or register a serializer for {TypeNames.Of(declared)} that knows the derived types.");
        }
    }
}
