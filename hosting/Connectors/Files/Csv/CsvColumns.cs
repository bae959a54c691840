using System.Linq.Expressions;
using System.Reflection;

namespace OrleansStream.Connectors.Files;

/// <summary>Makes the writer of rows for a type: a column for each of its public properties, in their order.</summary>
internal static class CsvColumns
{
    public static (IReadOnlyList<string> Names, Action<CsvRowWriter, T> Write) Create<T>()
    {
        PropertyInfo[] properties = [.. typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.GetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)
            .OrderBy(p => p.MetadataToken)];
        if (properties.Length == 0)
        {
            throw new JobDefinitionException(
                $"{typeof(T).Name} cannot be written as CSV by names: it has no public properties. Give the columns and a row writer: FileSink.Csv(path, columns, (row, value) => …).");
        }

        ParameterExpression row = Expression.Parameter(typeof(CsvRowWriter), "row");
        ParameterExpression value = Expression.Parameter(typeof(T), "value");
        IEnumerable<Expression> fields = properties.Select(p => Field(typeof(T), p, row, Expression.Property(value, p)));
        return ([.. properties.Select(p => p.Name)], Expression.Lambda<Action<CsvRowWriter, T>>(Expression.Block(typeof(void), fields), row, value).Compile());
    }

    private static Expression Field(Type owner, PropertyInfo property, ParameterExpression row, Expression value)
    {
        Type type = property.PropertyType;
        if (type == typeof(string))
        {
            return Expression.Call(row, nameof(CsvRowWriter.Text), null, value);
        }

        if (Nullable.GetUnderlyingType(type) is not null)
        {
            return Expression.Condition(
                Expression.Property(value, "HasValue"),
                Field(owner, property, row, Expression.Property(value, "Value"), Nullable.GetUnderlyingType(type)!),
                Expression.Call(row, nameof(CsvRowWriter.Text), null, Expression.Constant(null, typeof(string))));
        }

        return Field(owner, property, row, value, type);
    }

    private static Expression Field(Type owner, PropertyInfo property, ParameterExpression row, Expression value, Type type)
    {
        if (type == typeof(bool) || type.IsEnum)
        {
            return Expression.Call(row, nameof(CsvRowWriter.Text), null, Expression.Call(value, nameof(ToString), null));
        }

        if (!typeof(ISpanFormattable).IsAssignableFrom(type))
        {
            throw new JobDefinitionException(
                $"{owner.Name} cannot be written as CSV by names: '{property.Name}' has the type {type.Name}, which is no string, number, time, Guid, Boolean or enum. "
                + "Give the columns and a row writer: FileSink.Csv(path, columns, (row, value) => …).");
        }

        return Expression.Call(row, nameof(CsvRowWriter.Value), [type], value);
    }
}
