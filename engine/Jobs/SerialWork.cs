namespace OrleansStream.Engine.Jobs;

/// <summary>Background work of one runnable that must run one after the other, such as what is written to the job log.</summary>
internal sealed class SerialWork(Runnable owner)
{
    private readonly Queue<Action> _waiting = new();
    private bool _isBusy;

    public void Add<TResult>(Func<TResult> work, Action<TResult?, Exception?> done)
    {
        _waiting.Enqueue(() => owner.InBackground(work, (result, error) =>
        {
            _isBusy = false;
            try
            {
                done(result, error);
            }
            finally
            {
                StartNext();
            }
        }));
        StartNext();
    }

    private void StartNext()
    {
        if (!_isBusy && _waiting.TryDequeue(out Action? next))
        {
            _isBusy = true;
            next();
        }
    }
}
