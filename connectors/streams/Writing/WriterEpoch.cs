namespace OrleansStream.Connectors.Streams.Writing;

/// <summary>Counts the records between two barriers that were not taken yet. Any thread.</summary>
internal sealed class WriterEpoch
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the epoch itself, as long as it is open.
    private int _open = 1;

    /// <summary>Completes when the epoch has ended and all its records were taken.</summary>
    public Task Done => _done.Task;

    public void Add(int count) => Interlocked.Add(ref _open, count);

    public void Remove(int count)
    {
        if (Interlocked.Add(ref _open, -count) == 0)
        {
            _done.SetResult();
        }
    }

    public void End() => Remove(1);
}
