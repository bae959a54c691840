namespace OrleansStream.Engine.State;

/// <summary>What a <see cref="KeyedTable{TKey, TValue}"/> has to know about its subtask and its values.</summary>
/// <param name="FirstGroup">The first key group that the subtask owns.</param>
/// <param name="LastGroup">The last key group that the subtask owns, inclusive.</param>
/// <param name="MaxParallelism">The number of key groups of the job, a power of two.</param>
/// <param name="Copy">
/// Copies a value, when values can be changed by who reads them: a value that an open snapshot shares is then copied on its first
/// access. Null for immutable values, which are shared for ever. Values without references need no copy and ignore it.
/// </param>
public readonly record struct TableOptions<TValue>(int FirstGroup, int LastGroup, int MaxParallelism, Func<TValue, TValue>? Copy = null);
