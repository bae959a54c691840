using System.Runtime.CompilerServices;

namespace OrleansStream;

/// <summary>
/// Where a function emits records. Belongs to one operator of one subtask and is only valid on the thread that calls the function, during the
/// call. Emitting never blocks and never refuses: what does not fit downstream waits, and the operator is given its next record only when
/// there is room again.
/// </summary>
/// <typeparam name="T">The type of the records. A record is immutable from the moment it is emitted; it is never copied.</typeparam>
public sealed class Output<T>
{
    internal Batch<T> Current;
    internal long Timestamp = Batch<T>.NoTimestamp;
    private readonly IOutputOwner<T> _owner;

    internal Output(Batch<T> first, IOutputOwner<T> owner)
    {
        Current = first;
        _owner = owner;
    }

    /// <summary>
    /// Emits a record with the timestamp of the record or event-time timer that is being processed; from a processing-time timer without one.
    /// </summary>
    /// <param name="value">The record; not null.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Emit(in T value) => Emit(in value, Timestamp);

    /// <summary>Emits a record with a timestamp of its own.</summary>
    /// <param name="value">The record; not null.</param>
    /// <param name="timestamp">Event time in milliseconds since the Unix epoch.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Emit(in T value, long timestamp)
    {
        Batch<T> batch = Current;
        int n = batch.Count;
        T[] values = batch.Values;
        if ((uint)n >= (uint)values.Length)
        {
            EmitSlow(in value, timestamp);
            return;
        }

        StructCopy.Assign(ref values[n], in value);
        batch.Timestamps[n] = timestamp;
        batch.Count = n + 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EmitSlow(in T value, long timestamp)
    {
        Current = _owner.Roll(Current);
        Current.Add(in value, timestamp);
    }
}

/// <summary>The engine's side of an <see cref="Output{T}"/>.</summary>
internal interface IOutputOwner<T>
{
    /// <summary>Takes a full batch and gives an empty one (or the same one, enlarged).</summary>
    Batch<T> Roll(Batch<T> full);
}
