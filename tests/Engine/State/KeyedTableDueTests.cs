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
        List<(TableSnapshot<long, long> Snapshot, Dictionary<long, long> Model)> snapshots = [];
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
                snapshots.Add((table.Freeze(), new Dictionary<long, long>(model)));
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
                // The visitor has put it off, with those that are odd for ever.
                model[key] = Visitor.Next(key, model[key], now);
                Assert.True(table.TryGet(key, TestHashes.Mixed(key), out long value));
                Assert.Equal(model[key], value);
                if (random.Next(3) == 0)
                {
                    table.Remove(key, TestHashes.Mixed(key));
                    model.Remove(key);
                }
            }
        }

        Visitor all = new([]);
        table.TakeDue(long.MaxValue, ref all);
        Assert.Equal(model.Where(entry => entry.Value != long.MaxValue).Select(entry => entry.Key).Order(), all.Due.Order());
        foreach ((TableSnapshot<long, long> snapshot, Dictionary<long, long> then) in snapshots)
        {
            Assert.Equal(then.OrderBy(entry => entry.Key), SnapshotContent.Of(snapshot, 128, value => value).OrderBy(entry => entry.Key));
            snapshot.Release();
        }
    }

    [Fact]
    public void What_a_visitor_changes_is_no_snapshots()
    {
        using SegmentPool pool = new();
        KeyedTable<long, List<long>> table = new(pool, new TableOptions<List<long>>(0, 127, 128, list => [.. list]));
        for (long key = 0; key < 100; key++)
        {
            ref List<long> value = ref table.GetOrAdd(key, TestHashes.Mixed(key), out _);
            value = [key];
            table.AddDue(TestHashes.Mixed(key), ref value, key);
        }

        TableSnapshot<long, List<long>> snapshot = table.Freeze();
        Clearing visitor = default;
        table.TakeDue(49, ref visitor);
        Assert.Equal(Enumerable.Range(0, 100).Select(key => 1L), SnapshotContent.Of(snapshot, 128, list => list.Count).Values);
        snapshot.Release();
        for (long key = 0; key < 100; key++)
        {
            Assert.True(table.TryGet(key, TestHashes.Mixed(key), out List<long>? list));
            Assert.Equal(key < 50 ? 0 : 1, list.Count);
        }
    }

    private readonly struct Clearing : IDueVisitor<long, List<long>>
    {
        public void Begin(int entries)
        {
        }

        public long DueOf(in List<long> value) => value is [long due] ? due : long.MaxValue;

        public long Take(in long key, ulong hash, ref List<long> value, long time)
        {
            value.Clear();
            return long.MaxValue;
        }
    }

    private readonly struct Visitor(List<long> due) : IDueVisitor<long, long>
    {
        public List<long> Due { get; } = due;

        public void Begin(int entries)
        {
        }

        public static long Next(long key, long due, long now) => key % 2 != 0 ? long.MaxValue : Math.Max(due, now) + 1 + (key % 100);

        public long DueOf(in long value) => value;

        public long Take(in long key, ulong hash, ref long value, long time)
        {
            Assert.Equal(TestHashes.Mixed(key), hash);
            Due.Add(key);
            value = time == long.MaxValue - 1 ? long.MaxValue : Next(key, value, time);
            return value;
        }
    }
}
