using System.Numerics;

namespace OrleansStream.Serialization;

/// <summary>Numbers that are read as a wider type, when every value has an exact counterpart.</summary>
internal static class Widening
{
    internal static TypeSerializer<T>? TryCreate<T>(TypeSerializer<T> current, string written) => written switch
    {
        "sbyte" => From<T, sbyte>(current, typeof(short), typeof(int), typeof(long), typeof(double), typeof(decimal)),
        "byte" => From<T, byte>(
            current, typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(double), typeof(decimal)),
        "short" => From<T, short>(current, typeof(int), typeof(long), typeof(double), typeof(decimal)),
        "ushort" => From<T, ushort>(current, typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(double), typeof(decimal)),
        "int" => From<T, int>(current, typeof(long), typeof(double), typeof(decimal)),
        "uint" => From<T, uint>(current, typeof(long), typeof(ulong), typeof(double), typeof(decimal)),
        "long" => From<T, long>(current, typeof(decimal)),
        "ulong" => From<T, ulong>(current, typeof(decimal)),
        "float" => From<T, float>(current, typeof(double)),
        _ => null,
    };

    private static TypeSerializer<T>? From<T, TFrom>(TypeSerializer<T> current, params ReadOnlySpan<Type> wider)
        where TFrom : unmanaged, INumberBase<TFrom> =>
        wider.Contains(typeof(T))
            ? (TypeSerializer<T>)Activator.CreateInstance(typeof(WideningSerializer<,>).MakeGenericType(typeof(TFrom), typeof(T)), current)!
            : null;
}

/// <summary>Reads a narrower number.</summary>
internal sealed class WideningSerializer<TFrom, T>(TypeSerializer<T> current) : EvolvedSerializer<T>(current)
    where TFrom : unmanaged, INumberBase<TFrom> where T : INumberBase<T>
{
    public override T Read(DataReader reader) => T.CreateChecked(reader.ReadRaw<TFrom>());
}
