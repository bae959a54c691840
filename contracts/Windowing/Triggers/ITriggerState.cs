using OrleansStream.State;

namespace OrleansStream;

/// <summary>Declares what a trigger keeps per window. It is in the checkpoint, and dropped with the window; a handle is about the window that the trigger is called for.</summary>
public interface ITriggerState
{
    /// <summary>A value that is combined when windows become one.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="name">The name, unique in the trigger.</param>
    /// <param name="combine">Combines what is there (first) with what is added, or with what another window had (second).</param>
    ReducingState<T> Value<T>(string name, Func<T, T, T> combine);
}
