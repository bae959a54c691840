namespace OrleansStream.Engine.KeyGrains;

/// <summary>Objects that nothing waits for, in the order in which they became so.</summary>
internal sealed class RecentObjects<TKey, TItem, TOut>
{
    private KeyObject<TKey, TItem, TOut>? _most;
    private KeyObject<TKey, TItem, TOut>? _least;

    public void Add(KeyObject<TKey, TItem, TOut> item)
    {
        item.MoreRecent = null;
        item.LessRecent = _most;
        if (_most is { } most)
        {
            most.MoreRecent = item;
        }

        _most = item;
        _least ??= item;
    }

    /// <summary>Takes an object out; one that is not in it is left alone.</summary>
    public void Remove(KeyObject<TKey, TItem, TOut> item)
    {
        if (item.MoreRecent is null && item.LessRecent is null && !ReferenceEquals(item, _most))
        {
            return;
        }

        if (item.MoreRecent is { } more)
        {
            more.LessRecent = item.LessRecent;
        }
        else
        {
            _most = item.LessRecent;
        }

        if (item.LessRecent is { } less)
        {
            less.MoreRecent = item.MoreRecent;
        }
        else
        {
            _least = item.MoreRecent;
        }

        item.MoreRecent = item.LessRecent = null;
    }

    public KeyObject<TKey, TItem, TOut>? TakeLeastRecent()
    {
        KeyObject<TKey, TItem, TOut>? least = _least;
        if (least is not null)
        {
            Remove(least);
        }

        return least;
    }
}
