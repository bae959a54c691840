using System.Linq.Expressions;
using System.Reflection;

namespace OrleansStream.Formats;

/// <summary>
/// Makes the reader of rows for a type: the parameters of its constructor (the longest one, if there is none without parameters), else its settable properties, each from the column of its name.
/// </summary>
internal static class CsvBinder
{
    public static CsvRowReader<T> Create<T>()
    {
        ParameterExpression row = Expression.Parameter(typeof(CsvRow), "row");
        return Expression.Lambda<CsvRowReader<T>>(Create(typeof(T), row), row).Compile();
    }

    private static Expression Create(Type type, ParameterExpression row)
    {
        ConstructorInfo[] constructors = type.GetConstructors();
        if (!type.IsAbstract && constructors.MaxBy(c => c.GetParameters().Length) is { } longest
            && longest.GetParameters().Length > 0 && constructors.All(c => c.GetParameters().Length > 0))
        {
            return Expression.New(longest, longest.GetParameters().Select(p => Value(type, p.ParameterType, p.Name!, row, p)));
        }

        PropertyInfo[] properties = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)];
        if (type.IsAbstract || properties.Length == 0 || (constructors.Length == 0 && !type.IsValueType))
        {
            throw new JobDefinitionException(
                $"CSV rows cannot be read as {type.Name} by names: it has no public constructor with parameters and no settable properties. Give a row reader: row => ….");
        }

        return Expression.MemberInit(Expression.New(type), properties.Select(p => Expression.Bind(p, Value(type, p.PropertyType, p.Name, row, null))));
    }

    private static Expression Value(Type owner, Type type, string name, ParameterExpression row, ParameterInfo? parameter)
    {
        ConstantExpression column = Expression.Constant(name);
        Expression value = Read(owner, type, name, row, column);
        return parameter is { HasDefaultValue: true }
            ? Expression.Condition(
                Expression.Call(row, nameof(CsvRow.Has), null, column), value,
                parameter.DefaultValue is null ? Expression.Default(type) : Expression.Convert(Expression.Constant(parameter.DefaultValue), type))
            : value;
    }

    private static Expression Read(Type owner, Type type, string name, ParameterExpression row, ConstantExpression column)
    {
        if (type == typeof(string))
        {
            return Expression.Call(row, nameof(CsvRow.Text), null, column);
        }

        Type bare = Nullable.GetUnderlyingType(type) ?? type;
        bool isNullable = bare != type;
        if (bare.IsEnum)
        {
            return Expression.Call(row, isNullable ? nameof(CsvRow.GetNullableEnum) : nameof(CsvRow.GetEnum), [bare], column);
        }

        if (!Array.Exists(bare.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ISpanParsable<>) && i.GenericTypeArguments[0] == bare))
        {
            throw new JobDefinitionException(
                $"CSV rows cannot be read as {owner.Name} by names: '{name}' has the type {type.Name}, which is no string, number, time, Guid, Boolean, enum or other ISpanParsable. "
                + "Give a row reader: row => ….");
        }

        return Expression.Call(row, isNullable ? nameof(CsvRow.GetNullable) : nameof(CsvRow.Get), [bare], column);
    }
}
