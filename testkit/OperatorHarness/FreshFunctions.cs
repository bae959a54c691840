using System.Reflection;

namespace OrleansStream.TestKit;

/// <summary>
/// Gives each subtask a function object of its own. A test may hand over an object; where a second one is needed (a restore, another subtask) one is made with the type's parameterless
/// constructor, but only if that would have made the object that was handed over; else the test must give a factory.
/// </summary>
internal sealed class FreshFunctions<TFunction> where TFunction : class
{
    private readonly Func<TFunction>? _factory;
    private readonly string? _noFactory;
    private TFunction? _first;

    public FreshFunctions(Func<TFunction> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        _factory = factory;
    }

    public FreshFunctions(TFunction instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        _first = instance;
        Type type = instance.GetType();
        if (type.GetConstructor(Type.EmptyTypes) is not { } constructor)
        {
            _noFactory = "it has no public constructor without parameters";
            return;
        }

        object twin = constructor.Invoke(null);
        for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            foreach (FieldInfo field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!Equals(field.GetValue(instance), field.GetValue(twin)))
                {
                    _noFactory = $"its field '{field.Name}' has a value that the constructor without parameters does not give it";
                    return;
                }
            }
        }

        _factory = () => (TFunction)constructor.Invoke(null);
    }

    public TFunction Next()
    {
        if (_first is { } first)
        {
            _first = null;
            return first;
        }

        return _factory?.Invoke() ?? throw new InvalidOperationException(
            $"The harness needs a second function object of type {typeof(TFunction).Name} (for a restore or another subtask) and cannot make one: {_noFactory}. "
            + "Give OperatorHarness a factory instead of an object: OperatorHarness.For(() => new …, …).");
    }
}
