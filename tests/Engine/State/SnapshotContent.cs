using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tests.State;

/// <summary>Reads a whole snapshot group by group into a dictionary and checks groups and counts on the way.</summary>
internal static class SnapshotContent
{
    public static Dictionary<TKey, long> Of<TKey, TValue>(TableSnapshot<TKey, TValue> snapshot, int maxParallelism, Func<TValue, long> read)
        where TKey : notnull
    {
        Collector<TKey, TValue> collector = new(read);
        SnapshotReader<TKey, TValue> reader = snapshot.OpenReader();
        for (int group = snapshot.FirstGroup; group <= snapshot.LastGroup; group++)
        {
            long before = collector.Content.Count;
            long count = reader.CountIn(group);
            reader.ReadGroup(group, ref collector);
            Assert.Equal(count, collector.Content.Count - before);
            foreach (ulong hash in collector.Hashes)
            {
                Assert.Equal((ulong)group, ((hash >> 32) * (ulong)maxParallelism) >> 32);
            }
            collector.Hashes.Clear();
        }
        return collector.Content;
    }

    private readonly struct Collector<TKey, TValue>(Func<TValue, long> read) : IEntryVisitor<TKey, TValue>
        where TKey : notnull
    {
        public Dictionary<TKey, long> Content { get; } = [];

        public List<ulong> Hashes { get; } = [];

        public void Visit(in TKey key, ulong hash, in TValue value)
        {
            Content.Add(key, read(value));
            Hashes.Add(hash);
        }
    }
}
