using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tests.State;

/// <summary>Finding the entries of a table that are due, beside a dictionary.</summary>
public sealed class KeyedTableDueTests
{
    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_is_due_is_found_once_whatever_moves_meanwhile(int seed)
    {
        Random random = new(seed);
        using SegmentPool pool = new();
        KeyedTable<long, long> table = new(pool, new TableOptions<long>(0, 127, 128));
        Dictionary<long, long> model = [];
        List<TableSnapshot<long, long>> snapshots = [];
        long now = 0;
        long keys = 1 + random.Next(3000);
        for (int step = 0; step < 60; step++)
        {
            for (int i = random.Next(400); i > 0; i--)
            {
                long key = random.NextInt64(keys);
                ulong hash = TestHashes.Mixed(key);
                if (random.Next(4) == 0)
                {
                    Assert.Equal(model.Remove(key), table.Remove(key, hash));
                    continue;
                }

                // Later than before without a word, or earlier.
                long due = random.Next(20) == 0 ? long.MaxValue : now + 1 + random.Next(200);
                ref long value = ref table.GetOrAdd(key, hash, out bool added);
                bool isEarlier = added || due < value;
                value = model[key] = due;
                if (isEarlier)
                {
                    table.AddDue(hash, ref value, due);
                }
            }

            if (random.Next(5) == 0)
            {
                snapshots.Add(table.Freeze());
            }

            if (random.Next(10) == 0)
            {
                table.AddDueAll();
            }

            now += random.Next(30);
            Visitor visitor = new([]);
            table.TakeDue(now, ref visitor);
            Assert.Equal(model.Where(entry => entry.Value <= now).Select(entry => entry.Key).Order(), visitor.Due.Order());
            foreach (long key in visitor.Due)
            {
                table.Remove(key, TestHashes.Mixed(key));
                model.Remove(key);
            }
        }

        Visitor all = new([]);
        table.TakeDue(long.MaxValue, ref all);
        Assert.Equal(model.Where(entry => entry.Value != long.MaxValue).Select(entry => entry.Key).Order(), all.Due.Order());
        snapshots.ForEach(snapshot => snapshot.Release());
    }

    private readonly struct Visitor(List<long> due) : IDueVisitor<long, long>
    {
        public List<long> Due { get; } = due;

        public void Begin(int entries)
        {
        }

        public long DueOf(in long value) => value;

        public void Take(in long key, ulong hash, long due) => Due.Add(key);
    }
}
