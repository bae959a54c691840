using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace OrleansStream.Keys;

/// <summary>
/// How keys are dealt to key groups and key groups to subtasks. State is stored by key group, so these rules are fixed for ever. Pure
/// functions;
/// any thread. Arguments are checked where jobs are defined (<see cref="Validate"/>), not for each record.
/// </summary>
public static class KeyGroups
{
    /// <summary>The least number of key groups that is chosen by default.</summary>
    public const int LeastDefault = 128;

    /// <summary>The largest number of key groups.</summary>
    public const int Most = 32768;

    /// <summary>
    /// The number of key groups when the job does not give one: half as many again as subtasks, rounded up to a power of two, 128 at
    /// least.
    /// </summary>
    /// <param name="parallelism">The number of subtasks.</param>
    public static int DefaultMaxParallelism(int parallelism)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parallelism);
        long wanted = (long)parallelism + (parallelism / 2);
        return (int)Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)wanted), LeastDefault, Most);
    }

    /// <summary>Throws <see cref="OptionsException"/> when the two numbers cannot be those of an operator.</summary>
    /// <param name="maxParallelism">The number of key groups: a power of two, 32,768 at most.</param>
    /// <param name="parallelism">The number of subtasks: from 1 to the number of key groups.</param>
    public static void Validate(int maxParallelism, int parallelism = 1)
    {
        List<string> errors = [];
        if (maxParallelism < 1 || maxParallelism > Most || !BitOperations.IsPow2(maxParallelism))
        {
            errors.Add($"max-parallelism is {maxParallelism}; it must be a power of two from 1 to {Most}.");
        }

        if (parallelism < 1)
        {
            errors.Add($"parallelism is {parallelism}; it must be at least 1.");
        }
        else if (parallelism > maxParallelism)
        {
            errors.Add($"parallelism is {parallelism}, larger than max-parallelism, which is {maxParallelism}; lower it, "
                + "or raise max-parallelism (possible only while the job has no state).");
        }

        if (errors.Count > 0)
        {
            throw new OptionsException(string.Join(Environment.NewLine, errors));
        }
    }

    /// <summary>The key group of a key, by the high 32 bits of its hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int GroupOf(ulong hash, int maxParallelism) => (int)(((hash >> 32) * (uint)maxParallelism) >> 32);

    /// <summary>The subtask that owns a key group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SubtaskOf(int group, int maxParallelism, int parallelism) => (int)((long)group * parallelism / maxParallelism);

    /// <summary>The key groups that a subtask owns; each subtask owns one at least.</summary>
    public static KeyGroupRange RangeOf(int subtask, int maxParallelism, int parallelism)
    {
        if (subtask < 0 || subtask >= parallelism || parallelism > maxParallelism)
        {
            ThrowNoSubtask(subtask, maxParallelism, parallelism);
        }

        long first = (((long)subtask * maxParallelism) + parallelism - 1) / parallelism;
        long last = ((((long)subtask + 1) * maxParallelism) - 1) / parallelism;
        return new KeyGroupRange((int)first, (int)last);
    }

    [DoesNotReturn]
    private static void ThrowNoSubtask(int subtask, int maxParallelism, int parallelism) => throw new ArgumentOutOfRangeException(
        nameof(subtask), subtask, $"Must be one of the {parallelism} subtasks, of which there are at most {maxParallelism}.");
}
