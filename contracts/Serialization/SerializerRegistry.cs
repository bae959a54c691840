using System.Collections.Concurrent;

namespace OrleansStream.Serialization;

/// <summary>
/// Finds the serializer of a type: a registered one, else one of ours, made of the type's parts by generated code. Any thread; what was
/// found is
/// kept. A job has one registry.
/// </summary>
public sealed class SerializerRegistry
{
    private readonly ConcurrentDictionary<Type, TypeSerializer> _found = new();
    private readonly Lock _building = new();

    private SerializerRegistry()
    {
    }

    /// <summary>A registry that knows what OrleansStream serializes itself, and takes registrations of its own.</summary>
    public static SerializerRegistry CreateDefault() => new();

    /// <summary>
    /// Uses an author's serializer for a type, also where the type is a member or an element. To be called in the job's definition, before
    /// the type is used: afterwards it is a <see cref="JobDefinitionException"/>, since others already contain our serializer of it.
    /// </summary>
    /// <returns>This registry.</returns>
    public SerializerRegistry Register<T>(TypeSerializer<T> serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        lock (_building)
        {
            if (_found.ContainsKey(typeof(T)))
            {
                throw new JobDefinitionException(
                    $"A serializer for {TypeNames.Of(typeof(T))} is registered too late: the type has one already, or is in use. Register each type once, first thing in the job's definition.");
            }

            _found[typeof(T)] = serializer;
        }

        return this;
    }

    /// <summary>
    /// The serializer of a type. Throws <see cref="SerializationException"/>, naming the member and a remedy, for a type without one.
    /// </summary>
    public TypeSerializer<T> Get<T>() => (TypeSerializer<T>)Get(typeof(T));

    /// <summary>The serializer of a type: a <see cref="TypeSerializer{T}"/> of it. Throws as <see cref="Get{T}"/>.</summary>
    public TypeSerializer Get(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return _found.TryGetValue(type, out TypeSerializer? found) ? found : Build(type);
    }

    /// <summary>
    /// A serializer that reads values written with an older schema and writes with the current one:
    /// <see cref="TypeSerializer{T}.ForSchema"/>.
    /// </summary>
    public TypeSerializer<T> Reader<T>(TypeSchema written) => Get<T>().ForSchema(written);

    private TypeSerializer Build(Type type)
    {
        lock (_building)
        {
            var builder = new SerializerBuilder(_found);
            TypeSerializer built = builder.Build(type);
            foreach ((Type t, TypeSerializer serializer) in builder.Built)
            {
                _found.TryAdd(t, serializer);
            }

            return built;
        }
    }
}
