using System.Linq.Expressions;
using System.Reflection;

namespace OrleansStream.Serialization;

/// <summary>Writes the members of an object.</summary>
internal delegate void ObjectWriter<T>(DataWriter writer, in T value);

/// <summary>Reads the members of an object and builds it.</summary>
internal delegate T ObjectReader<T>(DataReader reader);

/// <summary>Builds an object of copies of another one's members.</summary>
internal delegate T ObjectCopier<T>(in T value);

/// <summary>Reads a written member: into one of the current members, or over it.</summary>
/// <param name="Member">The index of the current member, or -1.</param>
/// <param name="Serializer">Reads it.</param>
/// <param name="Skipper">Reads over it.</param>
internal readonly record struct ReadStep(int Member, TypeSerializer? Serializer, SchemaSkipper? Skipper);

/// <summary>Generates the code that takes objects apart and builds them, once for each type.</summary>
internal static class ObjectCode
{
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    internal static ObjectWriter<T> Writer<T>(ObjectPlan plan, TypeSerializer[] serializers)
    {
        ParameterExpression writer = Expression.Parameter(typeof(DataWriter), "writer");
        ParameterExpression value = Expression.Parameter(typeof(T).MakeByRefType(), "value");
        List<ParameterExpression> locals = [];
        List<Expression> body = [];
        for (int i = 0; i < serializers.Length; i++)
        {
            Expression member = MakeMember(value, plan.Members[i]);
            if (serializers[i].FixedSize > 0)
            {
                body.Add(Expression.Call(writer, typeof(DataWriter).GetMethod(nameof(DataWriter.WriteRaw), Internal)!.MakeGenericMethod(member.Type), member));
                continue;
            }

            ParameterExpression local = Expression.Variable(member.Type);
            locals.Add(local);
            body.Add(Expression.Assign(local, member));
            body.Add(Call(serializers[i], nameof(TypeSerializer<int>.Write), writer, local));
        }

        body.Add(Expression.Empty());
        return Expression.Lambda<ObjectWriter<T>>(Expression.Block(locals, body), writer, value).Compile();
    }

    internal static ObjectReader<T> Reader<T>(ObjectPlan plan, IEnumerable<ReadStep> steps)
    {
        ParameterExpression reader = Expression.Parameter(typeof(DataReader), "reader");
        var locals = new ParameterExpression?[plan.Members.Length];
        List<Expression> body = [];
        foreach (ReadStep step in steps)
        {
            if (step.Serializer is null)
            {
                body.Add(Expression.Call(Expression.Constant(step.Skipper), typeof(SchemaSkipper).GetMethod(nameof(SchemaSkipper.Skip), Internal)!, reader));
                continue;
            }

            Type type = plan.Members[step.Member].Type;
            Expression read = step.Serializer.FixedSize > 0
                ? Expression.Call(reader, typeof(DataReader).GetMethod(nameof(DataReader.ReadRaw), Internal)!.MakeGenericMethod(type))
                : Call(step.Serializer, nameof(TypeSerializer<int>.Read), reader);
            locals[step.Member] = Expression.Variable(type);
            body.Add(Expression.Assign(locals[step.Member]!, read));
        }

        body.Add(Build(plan, i => locals[i]));
        return Expression.Lambda<ObjectReader<T>>(Expression.Block(locals.OfType<ParameterExpression>(), body), reader).Compile();
    }

    internal static ObjectCopier<T> Copier<T>(ObjectPlan plan, TypeSerializer[] serializers)
    {
        ParameterExpression value = Expression.Parameter(typeof(T).MakeByRefType(), "value");
        ParameterExpression[] locals = [.. plan.Members.Select(m => Expression.Variable(m.Type))];
        List<Expression> body = [];
        for (int i = 0; i < locals.Length; i++)
        {
            body.Add(Expression.Assign(locals[i], MakeMember(value, plan.Members[i])));
            if (!serializers[i].IsImmutable)
            {
                body.Add(Expression.Assign(locals[i], Call(serializers[i], nameof(TypeSerializer<int>.Copy), locals[i])));
            }
        }

        body.Add(Build(plan, i => locals[i]));
        return Expression.Lambda<ObjectCopier<T>>(Expression.Block(locals, body), value).Compile();
    }

    /// <summary>A property or field; one of a shadowing base type through that type.</summary>
    internal static MemberExpression MakeMember(Expression value, ObjectMember member) => Expression.MakeMemberAccess(value, member.Info);

    private static MethodCallExpression Call(TypeSerializer serializer, string method, params Expression[] arguments)
    {
        Type type = typeof(TypeSerializer<>).MakeGenericType(serializer.Type);

        // A constant of the exact sealed type lets the call be a direct one.
        return Expression.Call(Expression.Constant(serializer), type.GetMethod(method)!, arguments);
    }

    /// <summary>The object; a member that is not given has the constructor's default, or what the type's initializers leave.</summary>
    private static BlockExpression Build(ObjectPlan plan, Func<int, Expression?> given)
    {
        ParameterExpression result = Expression.Variable(plan.Type, "result");
        List<Expression> body = [];
        if (plan.Constructor is { } constructor)
        {
            ParameterInfo[] parameters = constructor.GetParameters();
            IEnumerable<Expression> arguments = parameters.Select((p, i) => given(i) ?? Default(p));
            body.Add(Expression.Assign(result, Expression.New(constructor, arguments)));
        }
        else
        {
            body.Add(Expression.Assign(result, Expression.Default(plan.Type)));
        }

        for (int i = plan.Arguments.Length; i < plan.Members.Length; i++)
        {
            if (given(i) is { } value)
            {
                body.Add(Expression.Assign(MakeMember(result, plan.Members[i]), value));
            }
        }

        body.Add(result);
        return Expression.Block([result], body);
    }

    private static Expression Default(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        if (!parameter.HasDefaultValue || parameter.DefaultValue is not { } value)
        {
            return Expression.Default(type);
        }

        Type target = Nullable.GetUnderlyingType(type) ?? type;
        return Expression.Convert(Expression.Constant(target.IsEnum ? Enum.ToObject(target, value) : value), type);
    }
}
