using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Tasklets;

/// <content>Operators that call user code which may be awaited: their deadlines, and barriers that wait for them.</content>
internal sealed partial class Tasklet
{
    private Operator[] _callers = [];
    private bool _isSettling;

    /// <summary>Before anything else, since what waits for calls must not keep their deadlines from being seen.</summary>
    private void LookAfterCalls(Chain chain, long now)
    {
        if (_callers.Length == 0)
        {
            return;
        }

        foreach (Operator op in _callers)
        {
            if (now >= op.NextDeadlineMs)
            {
                op.OnDeadline(now);
            }
        }

        if (_isSettling && _aligned is null && chain.Source is null && _alignment!.DueToOvertake(now) is null)
        {
            // The checkpoint was given up.
            _isSettling = false;
            foreach (Operator op in _callers)
            {
                op.Unsettle();
            }
        }
    }

    private long NextDeadline()
    {
        long next = long.MaxValue;
        foreach (Operator op in _callers)
        {
            next = Math.Min(next, op.NextDeadlineMs);
        }

        return next;
    }

    /// <summary>Whether the snapshot that is to be taken now may be.</summary>
    private bool Settle()
    {
        bool all = true;
        foreach (Operator op in _callers)
        {
            all &= op.Settle();
        }

        _isSettling = !all;
        return all;
    }
}
