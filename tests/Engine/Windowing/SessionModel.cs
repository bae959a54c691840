namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Sessions written straight from the rules.</summary>
internal sealed class SessionModel(long gap, Func<IEnumerable<long>, string> result) : IWindowModel
{
    private readonly List<Item> _records = [];
    private long _watermark = long.MinValue;

    public List<string> Outputs { get; } = [];

    public List<long> Late { get; } = [];

    public void Add(Item item)
    {
        _records.Add(item);
        List<Item> session = Sessions().Single(s => s.Contains(item));
        if (End(session) - 1 <= _watermark)
        {
            _records.Remove(item);
            Late.Add(item.Id);
        }
    }

    public void Watermark(long watermark)
    {
        _watermark = Math.Max(_watermark, watermark);
        foreach (List<Item> session in Sessions().Where(s => End(s) - 1 <= _watermark).ToArray())
        {
            _records.RemoveAll(session.Contains);
            Outputs.Add(WindowModel.Text(
                session[0].Timestamp, End(session), session[0].Key, result(session.Select(i => i.Id)), End(session) - 1));
        }
    }

    private long End(List<Item> session) => session[^1].Timestamp + gap;

    private IEnumerable<List<Item>> Sessions()
    {
        foreach (IGrouping<string, Item> key in _records.GroupBy(i => i.Key))
        {
            List<Item> session = [];
            foreach (Item item in key.OrderBy(i => i.Timestamp))
            {
                if (session.Count > 0 && item.Timestamp > End(session))
                {
                    yield return session;
                    session = [];
                }

                session.Add(item);
            }

            yield return session;
        }
    }
}
