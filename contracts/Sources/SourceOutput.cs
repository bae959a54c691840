using System.Runtime.CompilerServices;

namespace OrleansStream;

/// <summary>Takes the records of a source reader. Valid during a call of <see cref="ISourceReader{T}.Poll"/> only.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class SourceOutput<T>
{
    internal readonly Batch<T> Batch;
    internal readonly List<BadRecord> Bad = [];
    internal int Limit;

    internal SourceOutput(Batch<T> batch)
    {
        Batch = batch;
        Limit = batch.Capacity;
    }

    /// <summary>How many more records fit; emit no more than that.</summary>
    public int Room => Limit - Batch.Count;

    /// <summary>Emits a record.</summary>
    /// <param name="value">The record; a null one is refused.</param>
    /// <param name="timestamp">Its timestamp in milliseconds, if the source knows one.</param>
    /// <exception cref="InvalidOperationException">There is no <see cref="Room"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Emit(in T value, long timestamp = Batch<T>.NoTimestamp)
    {
        if (Batch.Count >= Limit || value is null)
        {
            Refuse(value is null);
        }

        Batch.Add(in value, timestamp);
    }

    /// <summary>
    /// The place for the next records, to be filled directly: as long as <see cref="Room"/>. <see cref="Advance"/> says how many were filled.
    /// </summary>
    /// <param name="timestamps">The place for their timestamps, to be filled too.</param>
    public Span<T> Free(out Span<long> timestamps)
    {
        timestamps = Batch.Timestamps.AsSpan(Batch.Count, Room);
        return Batch.Values.AsSpan(Batch.Count, Room);
    }

    /// <summary>Emits the first records of <see cref="Free"/>.</summary>
    /// <param name="count">How many were filled.</param>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Room);
        Batch.Count += count;
    }

    /// <summary>Reports something that could not be read as a record; the job's <c>on-bad-record</c> decides what becomes of it.</summary>
    /// <param name="record">What and where it is.</param>
    public void EmitBad(BadRecord record) => Bad.Add(record);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Refuse(bool isNull) =>
        throw (isNull
            ? new InvalidOperationException("A source emitted a null record. Report it with EmitBad, or leave it out.")
            : new InvalidOperationException("A source emitted more records than SourceOutput.Room allows. Return from Poll and go on in the next call."));
}
