using System.Runtime.CompilerServices;
using OrleansStream.Engine;

namespace OrleansStream.TestKit;

/// <summary>
/// Runs calls of user code on the thread of a driver. Without a synchronization context the code goes on, after a wait, inside of whatever ends the wait: a timer of virtual time, which fires on that thread.
/// </summary>
internal static class VirtualCall
{
    /// <summary>Runs a call up to its first wait.</summary>
    public static void Run(UserCall call)
    {
        Running running = new();
        call.HostTag = running;
        WithoutContext(() =>
        {
            ValueTaskAwaiter code;
            try
            {
                code = call.Invoke(running.Cancel.Token).GetAwaiter();
            }
#pragma warning disable CA1031 // Whatever the user's code throws is the engine's to judge.
            catch (Exception e)
#pragma warning restore CA1031
            {
                call.Ended(e);
                return;
            }

            if (code.IsCompleted)
            {
                End(call, running, code);
            }
            else
            {
                code.UnsafeOnCompleted(() => End(call, running, code));
            }
        });
    }

    /// <summary>Asks a call to end.</summary>
    /// <param name="call">The call.</param>
    /// <param name="later">Runs what the code has left for that, away from who asks.</param>
    public static void Cancel(UserCall call, Action<Action> later)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.HostTag is Running running)
        {
            running.IsCancelled = true;
            later(() => WithoutContext(running.Cancel.Cancel));
        }
    }

    /// <summary>Runs something that user code may go on in.</summary>
    public static void WithoutContext(Action action)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private static void End(UserCall call, Running running, ValueTaskAwaiter code)
    {
        Exception? error = null;
        try
        {
            code.GetResult();
        }
#pragma warning disable CA1031 // Whatever the user's code throws is the engine's to judge.
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = e;
        }

        // Nobody waits for a cancelled call, and its code may have gone on elsewhere.
        if (!running.IsCancelled)
        {
            call.Ended(error);
        }
    }

    private sealed class Running
    {
        public CancellationTokenSource Cancel { get; } = new();

        public bool IsCancelled { get; set; }
    }
}
