namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Event-time windows written straight from the rules: every window keeps its records.</summary>
internal sealed class WindowModel(AlignedWindows windows, long lateness, Func<IEnumerable<long>, string> result) : IWindowModel
{
    private readonly SortedDictionary<(long End, string Key), List<long>> _windows = [];
    private long _watermark = long.MinValue;

    public List<string> Outputs { get; } = [];

    public List<long> Late { get; } = [];

    public void Add(Item item)
    {
        long[] ends = [.. EndsOf(item.Timestamp)];
        long[] alive = [.. ends.Where(end => !IsDead(end))];
        if (alive.Length == 0 && (ends.Length > 0 || item.Timestamp + lateness <= _watermark))
        {
            Late.Add(item.Id);
        }

        foreach (long end in alive)
        {
            if (!_windows.TryGetValue((end, item.Key), out List<long>? ids))
            {
                _windows.Add((end, item.Key), ids = []);
            }

            ids.Add(item.Id);
            if (end - 1 <= _watermark)
            {
                Fire(end, item.Key, ids);
            }
        }
    }

    public void Watermark(long watermark)
    {
        foreach (((long end, string key), List<long> ids) in _windows)
        {
            if (end - 1 > _watermark && end - 1 <= watermark)
            {
                Fire(end, key, ids);
            }
        }

        _watermark = Math.Max(watermark, _watermark);
        foreach ((long End, string Key) dead in _windows.Keys.Where(w => IsDead(w.End)).ToArray())
        {
            _windows.Remove(dead);
        }
    }

    public IEnumerable<long> EndsOf(long timestamp)
    {
        // Every window that can hold it, looked at one by one.
        for (long start = timestamp - windows.Size + 1; start <= timestamp; start++)
        {
            if ((start - windows.Offset) % windows.Slide == 0)
            {
                yield return start + windows.Size;
            }
        }
    }

    private void Fire(long end, string key, List<long> ids) => Outputs.Add(Text(end - windows.Size, end, key, result(ids), end - 1));

    public static string Text(long start, long end, string key, string result, long timestamp) => $"[{start},{end}) {key}: {result} @{timestamp}";

    private bool IsDead(long end) => _watermark != long.MinValue && (_watermark == long.MaxValue || end - 1 + lateness <= _watermark);
}
