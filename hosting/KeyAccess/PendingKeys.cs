namespace OrleansStream.Hosting;

/// <summary>
/// Requests to keys that have no answer yet, by id. Who asks again while one waits for its checkpoint waits with it: one that was sent anew each time could miss every checkpoint. Any thread.
/// </summary>
internal sealed class PendingKeys
{
    private const int Most = 10_000;
    private readonly Dictionary<Guid, Task<KeyReply>> _pending = [];

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_pending)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>Sends a request unless one of its id is under way.</summary>
    /// <param name="id">The id; empty for a request that is not sent again.</param>
    /// <param name="send">Sends it.</param>
    public Task<KeyReply> GetOrSend(Guid id, Func<Task<KeyReply>> send)
    {
        if (id == Guid.Empty)
        {
            return send();
        }

        TaskCompletionSource<KeyReply> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_pending)
        {
            if (_pending.TryGetValue(id, out Task<KeyReply>? known))
            {
                return known;
            }

            if (_pending.Count >= Most)
            {
                return Task.FromResult(new KeyReply(KeyStatus.Busy, $"{Most} requests are under way."));
            }

            _pending.Add(id, started.Task);
        }

        _ = CompleteAsync(id, send, started);
        return started.Task;
    }

    private async Task CompleteAsync(Guid id, Func<Task<KeyReply>> send, TaskCompletionSource<KeyReply> started)
    {
        KeyReply? reply = null;
        Exception? error = null;
        try
        {
            reply = await send().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is given to those who wait.
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = e;
        }

        lock (_pending)
        {
            _pending.Remove(id);
        }

        if (error is null)
        {
            started.SetResult(reply!);
        }
        else
        {
            started.SetException(error);
        }
    }
}
