using System.Linq.Expressions;
using System.Reflection;
using OrleansStream.Serialization;

namespace OrleansStream.Keys;

/// <summary>Chooses or generates the hasher of a key type.</summary>
internal static class KeyHasherFactory
{
    private static readonly Type[] Fixed = [typeof(Int128), typeof(UInt128), typeof(TimeSpan)];

    internal static KeyHasher Create(Type type)
    {
        if (IntegerOf(type) is { } integer)
        {
            return Create(typeof(IntegerKeyHasher<,>), [type, integer]);
        }

        if (type == typeof(string))
        {
            return new StringKeyHasher();
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Create(typeof(NullableKeyHasher<>), [underlying], KeyHasher.For(underlying));
        }

        ParameterExpression bytes = Expression.Parameter(typeof(DataWriter), "bytes");
        ParameterExpression key = Expression.Parameter(type.MakeByRefType(), "key");
        Expression body = Expression.Block(typeof(void), WriteValue(bytes, key, type, new KeyTypeRules(type)));
        Delegate write = Expression.Lambda(typeof(CanonicalWriter<>).MakeGenericType(type), body, bytes, key).Compile();
        return Create(typeof(CanonicalKeyHasher<>), [type], write);
    }

    /// <summary>The integer that stands for an integer, enum, bool or char; else null.</summary>
    internal static Type? IntegerOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.SByte => typeof(sbyte),
        TypeCode.Byte or TypeCode.Boolean => typeof(byte),
        TypeCode.Int16 => typeof(short),
        TypeCode.UInt16 or TypeCode.Char => typeof(ushort),
        TypeCode.Int32 => typeof(int),
        TypeCode.UInt32 => typeof(uint),
        TypeCode.Int64 => typeof(long),
        TypeCode.UInt64 => typeof(ulong),
        _ => null,
    };

    /// <summary>A part of a key: preceded by a byte that tells null where its type has null.</summary>
    private static Expression WriteMember(ParameterExpression bytes, Expression member, KeyTypeRules rules)
    {
        Type? underlying = Nullable.GetUnderlyingType(member.Type);
        ParameterExpression local = Expression.Variable(member.Type);
        if (member.Type.IsValueType && underlying is null)
        {
            return Expression.Block([local], Expression.Assign(local, member), WriteValue(bytes, local, member.Type, rules));
        }

        Expression isNull = underlying is null
            ? Expression.ReferenceEqual(local, Expression.Constant(null, member.Type))
            : Expression.Not(Expression.Property(local, nameof(Nullable<int>.HasValue)));
        ParameterExpression value = Expression.Variable(underlying ?? member.Type);
        return Expression.Block(
            [local, value],
            Expression.Assign(local, member),
            Expression.IfThenElse(
                isNull,
                Static(nameof(CanonicalBytes.WriteNull), bytes),
                Expression.Block(
                    Static(nameof(CanonicalBytes.WritePresent), bytes),
                    Expression.Assign(value, underlying is null ? local : Expression.Convert(local, underlying)),
                    WriteValue(bytes, value, value.Type, rules))));
    }

    private static Expression WriteValue(ParameterExpression bytes, Expression value, Type type, KeyTypeRules rules)
    {
        if (IntegerOf(type) is not null || Array.IndexOf(Fixed, type) >= 0)
        {
            return Expression.Call(typeof(CanonicalBytes), nameof(CanonicalBytes.WriteRaw), [type], bytes, value);
        }

        MethodInfo? write = typeof(CanonicalBytes).GetMethod(
            nameof(CanonicalBytes.Write), BindingFlags.Static | BindingFlags.NonPublic, [typeof(DataWriter), type]);
        if (write is not null && write.GetParameters()[1].ParameterType == type)
        {
            return Expression.Call(write, bytes, value);
        }

        List<Expression> body = [];
        foreach (ObjectMember member in rules.MembersOf(type))
        {
            rules.Enter(member.Name, member.Type);
            body.Add(WriteMember(bytes, ObjectCode.MakeMember(value, member), rules));
            rules.Leave();
        }

        return Expression.Block(body);
    }

    private static MethodCallExpression Static(string method, Expression bytes) =>
        Expression.Call(typeof(CanonicalBytes).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!, bytes);

    private static KeyHasher Create(Type definition, Type[] types, params object[] arguments) =>
        (KeyHasher)Activator.CreateInstance(definition.MakeGenericType(types), arguments)!;
}
