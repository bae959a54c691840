namespace OrleansStream.Serialization;

/// <summary>Types as a C# author writes them, for schemas and messages.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool", [typeof(char)] = "char", [typeof(sbyte)] = "sbyte", [typeof(byte)] = "byte", [typeof(short)] = "short",
        [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong",
        [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] = "decimal", [typeof(string)] = "string",
        [typeof(object)] = "object", [typeof(nint)] = "nint", [typeof(nuint)] = "nuint",
    };

    /// <summary>Without namespaces: <c>List&lt;Order&gt;</c>.</summary>
    internal static string Of(Type type) => Format(type, full: false);

    /// <summary>With namespaces, except for what C# has a keyword for.</summary>
    internal static string Full(Type type) => Format(type, full: true);

    private static string Format(Type type, bool full)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        if (type.IsArray)
        {
            return $"{Format(type.GetElementType()!, full)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Format(underlying, full) + "?";
        }

        if (type.IsGenericParameter || type.IsPointer || type.IsByRef)
        {
            return type.Name;
        }

        Type[] arguments = type.GetGenericArguments();
        if (type.IsConstructedGenericType && type.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal))
        {
            return $"({string.Join(", ", arguments.Select(a => Format(a, full)))})";
        }

        string prefix = type.DeclaringType is { } outer ? Simple(outer) + "." : "";
        if (full)
        {
            for (Type? t = type.DeclaringType?.DeclaringType; t is not null; t = t.DeclaringType)
            {
                prefix = Simple(t) + "." + prefix;
            }

            prefix = string.IsNullOrEmpty(type.Namespace) ? prefix : type.Namespace + "." + prefix;
        }
        else
        {
            prefix = "";
        }

        string generics = arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(a => Format(a, full)))}>";
        return prefix + Simple(type) + generics;
    }

    private static string Simple(Type type)
    {
        int tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? type.Name : type.Name[..tick];
    }
}
