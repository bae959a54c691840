using System.Collections.Concurrent;

namespace OrleansStream.Engine.Tests.Jobs;

/// <summary>Throws where a test says so: at the nth time that a place is passed, counted over all attempts.</summary>
internal sealed class Faults
{
    private readonly ConcurrentDictionary<string, int> _passed = new();

    /// <summary>The place; null for none.</summary>
    public string? Place { get; init; }

    /// <summary>At which pass it throws, from 1.</summary>
    public int At { get; init; } = 1;

    /// <summary>How many times in a row it throws.</summary>
    public int Times { get; init; } = 1;

    public bool HasThrown { get; private set; }

    public int Passed(string place) => _passed.GetValueOrDefault(place);

    public void Pass(string place)
    {
        int n = _passed.AddOrUpdate(place, 1, (_, before) => before + 1);
        if (place == Place && n >= At && n < At + Times)
        {
            HasThrown = true;
            throw new InjectedException($"the test says so, at '{place}' {n}");
        }
    }
}

internal sealed class InjectedException(string message) : Exception(message);
