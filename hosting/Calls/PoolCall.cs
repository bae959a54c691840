using OrleansStream.Engine;

namespace OrleansStream.Hosting.Calls;

/// <summary>Runs a call of user code on the thread pool. One object per call, used again each time that the call is begun.</summary>
internal sealed class PoolCall(UserCall call) : IThreadPoolWorkItem, IDisposable
{
    private CancellationTokenSource _cancel = new();

    /// <summary>Puts the call into the pool's queue.</summary>
    public static void Begin(UserCall call)
    {
        if (call.HostTag is not PoolCall running)
        {
            call.HostTag = running = new PoolCall(call);
        }

        if (!running._cancel.TryReset())
        {
            running._cancel.Dispose();
            running._cancel = new CancellationTokenSource();
        }

        ThreadPool.UnsafeQueueUserWorkItem(running, preferLocal: false);
    }

    /// <summary>Asks the call to end; what its code has left to be run by that runs in the pool.</summary>
    public static void Cancel(UserCall call)
    {
        if (call.HostTag is PoolCall running)
        {
            _ = running._cancel.CancelAsync();
        }
    }

    public void Execute()
    {
        ValueTask code;
        try
        {
            code = call.Invoke(_cancel.Token);
            if (code.IsCompletedSuccessfully)
            {
                code.GetAwaiter().GetResult();
                call.Ended(null);
                return;
            }
        }
#pragma warning disable CA1031 // Whatever the user's code throws is the engine's to judge.
        catch (Exception e)
#pragma warning restore CA1031
        {
            call.Ended(e);
            return;
        }

        _ = AwaitAsync(code);
    }

    public void Dispose() => _cancel.Dispose();

    private async Task AwaitAsync(ValueTask code)
    {
        Exception? error = null;
        try
        {
            await code.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever the user's code throws is the engine's to judge.
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = e;
        }

        call.Ended(error);
    }
}
