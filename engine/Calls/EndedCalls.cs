using System.Collections.Concurrent;
using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Calls;

/// <summary>A call of an operator, on its way to the host and back.</summary>
internal abstract class OperatorCall : UserCall
{
    /// <summary>What the code threw the last time.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether nobody waits for its end any more: it timed out. The user's code may still write to what belongs to the call.</summary>
    public bool IsAbandoned { get; set; }

    public sealed override void Ended(Exception? error)
    {
        Error = error;
        Return();
    }

    /// <summary>Goes back to the operator; any thread.</summary>
    protected abstract void Return();
}

/// <summary>Brings calls that have ended back to the thread of their subtask: one mail for all that end before it is read.</summary>
internal sealed class EndedCalls<TCall>
{
    private readonly ConcurrentQueue<TCall> _calls = new();
    private readonly OperatorSetup _setup;
    private readonly Action<TCall> _take;
    private readonly Action _drain;
    private int _isPosted;

    /// <param name="setup">The operator, which has an owner when the first call ends.</param>
    /// <param name="take">Takes a call back, on the subtask's thread.</param>
    public EndedCalls(OperatorSetup setup, Action<TCall> take)
    {
        _setup = setup;
        _take = take;
        _drain = Drain;
    }

    /// <summary>A call has ended. Any thread.</summary>
    public void Add(TCall call)
    {
        _calls.Enqueue(call);
        if (Interlocked.Exchange(ref _isPosted, 1) == 0)
        {
            Owner.Post(_drain);
        }
    }

    private Runnable Owner => _setup.Owner ?? throw new InvariantViolatedException($"Operator '{_setup.Name}' makes calls outside of a tasklet.");

    private void Drain()
    {
        // Before the queue is read: who adds afterwards posts again.
        Interlocked.Exchange(ref _isPosted, 0);
        while (_calls.TryDequeue(out TCall? call))
        {
            _take(call);
        }
    }
}
