using System.Collections;
using System.Reflection;

namespace OrleansStream.Serialization;

/// <summary>Builds the serializers of a type and all its parts. Nothing is published unless all of them can be built.</summary>
internal sealed class SerializerBuilder(IReadOnlyDictionary<Type, TypeSerializer> known)
{
    private const string Remedy = "or register a serializer for it: SerializerRegistry.Register(...)";

    private readonly Dictionary<Type, TypeSerializer> _built = [];
    private readonly List<Type> _openObjects = [];
    private readonly List<string> _path = [];

    internal IReadOnlyDictionary<Type, TypeSerializer> Built => _built;

    internal TypeSerializer Build(Type type)
    {
        _path.Add(TypeNames.Of(type));
        return Get(type);
    }

    private TypeSerializer Get(Type type)
    {
        if (known.TryGetValue(type, out TypeSerializer? serializer))
        {
            return serializer;
        }

        if (_built.TryGetValue(type, out serializer))
        {
            MarkRecursion(type);
            return serializer;
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            serializer = Create(typeof(NullableSerializer<>), underlying, Get(underlying));
        }
        else
        {
            serializer = ScalarFactory.TryCreate(type) ?? CollectionFactory.TryCreate(type, Get) ?? CreateObject(type);
        }

        _built[type] = serializer;
        return serializer;
    }

    private TypeSerializer Get(Type type, string path)
    {
        _path.Add(path);
        TypeSerializer serializer = Get(type);
        _path.RemoveAt(_path.Count - 1);
        return serializer;
    }

    private TypeSerializer CreateObject(Type type)
    {
        Refuse(type);
        ObjectPlan plan = ObjectPlan.TryCreate(type, out string reason) ?? throw Refusal(type, reason);
        TypeSerializer serializer = Create(
            typeof(ObjectSerializer<>), type, plan, type.IsDefined(typeof(ImmutableStateAttribute), inherit: false));

        // Known before its members are, since they may contain the type again.
        _built.Add(type, serializer);
        _openObjects.Add(type);
        TypeSerializer[] members = [.. plan.Members.Select(m => Get(m.Type, "." + m.Name))];
        _openObjects.RemoveAt(_openObjects.Count - 1);
        ((IObjectSerializer)serializer).Complete(members);
        return serializer;
    }

    private void MarkRecursion(Type type)
    {
        // Every object from the repeated one inwards lies on the cycle.
        int open = _openObjects.LastIndexOf(type);
        for (int i = open; i >= 0 && i < _openObjects.Count; i++)
        {
            ((IObjectSerializer)_built[_openObjects[i]]).MarkRecursive();
        }
    }

    private void Refuse(Type type)
    {
        if (type.IsByRefLike || type.IsPointer || type.IsFunctionPointer || type.ContainsGenericParameters || typeof(Delegate).IsAssignableFrom(type))
        {
            throw Refusal(type, "values of it cannot be stored; keep what it is made from instead");
        }

        if (type.IsArray)
        {
            throw Refusal(type, "it has several dimensions; use an array of arrays");
        }

        if (type == typeof(object) || type.IsInterface || type.IsAbstract)
        {
            throw Refusal(type, "its values can be of any derived type (polymorphism is not supported); declare the concrete type");
        }

        if (typeof(IEnumerable).IsAssignableFrom(type))
        {
            throw Refusal(type, "it is a collection that OrleansStream does not know; use one of the System.Collections types");
        }

        if (typeof(MemberInfo).IsAssignableFrom(type) || typeof(Exception).IsAssignableFrom(type) || typeof(System.Threading.Tasks.Task).IsAssignableFrom(type))
        {
            throw Refusal(type, "it is no data; keep what you need of it");
        }
    }

    private SerializationException Refusal(Type type, string reason)
    {
        string place = string.Concat(_path);
        string what = place == TypeNames.Of(type) ? place : $"{place} of type {TypeNames.Of(type)}";
        return new SerializationException($"{what} cannot be serialized: {reason}, {Remedy}.");
    }

    private static TypeSerializer Create(Type definition, Type argument, params object[] arguments) =>
        (TypeSerializer)Activator.CreateInstance(definition.MakeGenericType(argument), arguments)!;
}
