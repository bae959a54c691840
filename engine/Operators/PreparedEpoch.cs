namespace OrleansStream.Engine.Operators;

/// <summary>What a sink has prepared, counted by who needs it: the commit that is to come, and each snapshot that is being written. A sink that gave a list to be disposed may use its memory again after the last.</summary>
internal sealed class PreparedEpoch(IReadOnlyList<byte[]> committables)
{
    private int _users = 1;

    public IReadOnlyList<byte[]> Committables => committables;

    /// <summary>For one more that needs it; any thread.</summary>
    /// <returns>Whether it still is: not when it has been committed, and nobody else needed it.</returns>
    public bool TryEnter()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    /// <summary>One needs it no more; any thread.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            (committables as IDisposable)?.Dispose();
        }
    }
}
