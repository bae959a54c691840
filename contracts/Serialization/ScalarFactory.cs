namespace OrleansStream.Serialization;

/// <summary>The serializers of values without parts.</summary>
internal static class ScalarFactory
{
    private static readonly Dictionary<Type, TypeSerializer> Scalars = new TypeSerializer[]
    {
        new BlittableSerializer<sbyte>(), new BlittableSerializer<byte>(), new BlittableSerializer<short>(), new BlittableSerializer<ushort>(),
        new BlittableSerializer<int>(), new BlittableSerializer<uint>(), new BlittableSerializer<long>(), new BlittableSerializer<ulong>(),
        new BlittableSerializer<nint>(), new BlittableSerializer<nuint>(), new BlittableSerializer<Int128>(), new BlittableSerializer<UInt128>(),
        new BlittableSerializer<Half>(), new BlittableSerializer<float>(), new BlittableSerializer<double>(), new BlittableSerializer<char>(),
        new BlittableSerializer<Guid>(), new BlittableSerializer<TimeSpan>(),
        new BooleanSerializer(), new DecimalSerializer(), new StringSerializer(), new UriSerializer(), new VersionSerializer(),
        new DateTimeSerializer(), new DateTimeOffsetSerializer(), new DateOnlySerializer(), new TimeOnlySerializer(),
    }.ToDictionary(s => s.Type);

    internal static TypeSerializer? TryCreate(Type type) =>
        type.IsEnum ? (TypeSerializer)Activator.CreateInstance(typeof(EnumSerializer<>).MakeGenericType(type))! : Scalars.GetValueOrDefault(type);
}
