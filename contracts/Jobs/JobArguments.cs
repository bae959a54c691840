using System.ComponentModel;
using System.Globalization;

namespace OrleansStream;

/// <summary>The arguments of a job, <c>--set name=value</c> on the command line. Immutable.</summary>
public sealed class JobArguments
{
    private readonly SortedDictionary<string, string> _values;

    /// <summary>Creates the arguments.</summary>
    /// <param name="values">Names and values; names are compared without regard to case.</param>
    public JobArguments(IEnumerable<KeyValuePair<string, string>> values)
    {
        _values = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in values)
        {
            _values[name] = value;
        }
    }

    /// <summary>No arguments.</summary>
    public static JobArguments Empty { get; } = new([]);

    /// <summary>All of them, in order of name.</summary>
    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>An argument, or a default where it was not given.</summary>
    /// <typeparam name="T">A type that has a converter from text: numbers, enums, TimeSpan, Guid, DateTimeOffset, string, bool.</typeparam>
    /// <param name="name">The name.</param>
    /// <param name="fallback">What to return where it was not given.</param>
    /// <exception cref="OptionsException">The value cannot be read as <typeparamref name="T"/>.</exception>
    public T Get<T>(string name, T fallback) => _values.TryGetValue(name, out string? text) ? Convert<T>(name, text) : fallback;

    /// <summary>An argument that must be given.</summary>
    /// <typeparam name="T">A type that has a converter from text.</typeparam>
    /// <param name="name">The name.</param>
    /// <exception cref="OptionsException">It was not given, or cannot be read as <typeparamref name="T"/>.</exception>
    public T Require<T>(string name) =>
        _values.TryGetValue(name, out string? text)
            ? Convert<T>(name, text)
            : throw new OptionsException($"The job needs the argument '{name}'. Give it as --set {name}=<{typeof(T).Name}>.");

    private static T Convert<T>(string name, string text)
    {
        try
        {
            return (T)TypeDescriptor.GetConverter(typeof(T)).ConvertFromString(null, CultureInfo.InvariantCulture, text)!;
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw new OptionsException($"The argument --set {name}={text} cannot be read as {typeof(T).Name}: {e.Message}", e);
        }
    }
}
