namespace OrleansStream.Engine.Calls;

/// <summary>The elements of an async operator from the oldest to the newest, and which of them may go out.</summary>
internal sealed class AsyncQueue<TIn, TOut>(bool isOrdered)
{
    // Without an order: what has ended and has no control element before it, in the order in which it ended.
    private readonly Queue<AsyncCall<TIn, TOut>> _done = new();
    private long _segment;
    private long _controls;

    public AsyncCall<TIn, TOut>? Oldest { get; private set; }

    public AsyncCall<TIn, TOut>? Newest { get; private set; }

    /// <summary>How many records are in it.</summary>
    public int Records { get; private set; }

    public bool IsEmpty => Oldest is null;

    public void Add(AsyncCall<TIn, TOut> call)
    {
        call.Segment = _controls;
        if (call.Phase == AsyncPhase.Control)
        {
            _controls++;
        }
        else
        {
            Records++;
        }

        call.Older = Newest;
        call.Newer = null;
        if (Newest is { } newest)
        {
            newest.Newer = call;
        }
        else
        {
            Oldest = call;
        }

        Newest = call;
    }

    /// <summary>The results of a record are there.</summary>
    public void Done(AsyncCall<TIn, TOut> call)
    {
        call.Phase = AsyncPhase.Done;
        if (!isOrdered && call.Segment == _segment)
        {
            _done.Enqueue(call);
        }
    }

    /// <summary>What may go out next; null if nothing may.</summary>
    public AsyncCall<TIn, TOut>? Next() =>
        _done.TryPeek(out AsyncCall<TIn, TOut>? done) ? done
        : Oldest is { Phase: AsyncPhase.Control } || (isOrdered && Oldest is { Phase: AsyncPhase.Done }) ? Oldest
        : null;

    /// <summary>What <see cref="Next"/> gave has gone out.</summary>
    public void RemoveNext(AsyncCall<TIn, TOut> call)
    {
        if (_done.Count > 0)
        {
            _done.Dequeue();
        }

        Unlink(call);
        if (call.Phase != AsyncPhase.Control)
        {
            return;
        }

        _segment++;
        if (isOrdered)
        {
            return;
        }

        for (AsyncCall<TIn, TOut>? next = Oldest; next is { Phase: not AsyncPhase.Control }; next = next.Newer)
        {
            if (next.Phase == AsyncPhase.Done)
            {
                _done.Enqueue(next);
            }
        }
    }

    /// <summary>Puts another call in the place of one that is given up.</summary>
    public void Replace(AsyncCall<TIn, TOut> old, AsyncCall<TIn, TOut> with)
    {
        (with.Older, with.Newer, with.Segment) = (old.Older, old.Newer, old.Segment);
        if (with.Older is { } older)
        {
            older.Newer = with;
        }
        else
        {
            Oldest = with;
        }

        if (with.Newer is { } newer)
        {
            newer.Older = with;
        }
        else
        {
            Newest = with;
        }

        old.Older = old.Newer = null;
    }

    private void Unlink(AsyncCall<TIn, TOut> call)
    {
        if (call.Older is { } older)
        {
            older.Newer = call.Newer;
        }
        else
        {
            Oldest = call.Newer;
        }

        if (call.Newer is { } newer)
        {
            newer.Older = call.Older;
        }
        else
        {
            Newest = call.Older;
        }

        call.Older = call.Newer = null;
        if (call.Phase != AsyncPhase.Control)
        {
            Records--;
        }
    }
}
