namespace OrleansStream.Engine.Channels;

/// <summary>
/// The bytes in flight between the subtasks of a task host. A channel always may hold <see cref="Channel.GuaranteedBatches"/> batches, so that every job can move; what it holds beyond comes out of
/// this budget, so that the memory floats to the channels that use it.
/// </summary>
internal sealed class ExchangeMemory(long limit)
{
    private long _used;

    public long Limit { get; } = limit;

    /// <summary>The bytes in use, the guaranteed ones left out.</summary>
    public long Used => Volatile.Read(ref _used);

    public bool TryAcquire(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= Limit)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref _used, -bytes);
}
