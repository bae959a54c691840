using System.Collections.Concurrent;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>Doubles numbers, slowly if asked; fails while the failure that its argument names is on.</summary>
public sealed class Doubling : IStreamJob
{
    public const string Output = "doubled";

    /// <summary>How often a failure of a name is still to happen.</summary>
    public static ConcurrentDictionary<string, int> Failures { get; } = new();

    public void Define(StreamEnvironment env)
    {
        string failure = env.Arguments.Get("failure", "");
        GeneratorSource<long> numbers = GeneratorSource.Of(i => i, env.Arguments.Get("count", 1000L));
        if (env.Arguments.Get("rate", 0.0) is > 0 and double rate)
        {
            numbers = numbers.Throttle(rate);
        }

        env.FromSource(numbers).WithUid("numbers").Map(i => Double(i, failure)).Collect(Output).WithUid("collect");
    }

    private static long Double(long number, string failure)
    {
        while (failure.Length > 0 && Failures.TryGetValue(failure, out int left) && left > 0)
        {
            if (Failures.TryUpdate(failure, left - 1, left))
            {
                throw new InvalidOperationException($"no {number}");
            }
        }

        return 2 * number;
    }
}
