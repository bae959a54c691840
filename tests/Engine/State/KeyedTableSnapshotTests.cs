using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tests.State;

public sealed class KeyedTableSnapshotTests
{
    private static readonly TableOptions<long> s_options = new(0, 127, 128);

    [Fact]
    public void Snapshots_released_in_any_order_give_all_memory_back()
    {
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        foreach (int[] order in orders)
        {
            using SegmentPool pool = new();
            KeyedTable<long, long> table = new(pool, s_options);
            List<TableSnapshot<long, long>> snapshots = [];
            for (int round = 0; round < 3; round++)
            {
                // Each round writes to some segments, adds (splits), and removes (shrinks).
                for (long key = round * 2000; key < 6000 + (round * 4000); key++)
                {
                    table.GetOrAdd(key, TestHashes.Mixed(key), out _) = key + round;
                }
                for (long key = 0; key < round * 500; key++)
                {
                    table.Remove(key, TestHashes.Mixed(key));
                }
                snapshots.Add(table.Freeze());
            }
            table.Clear();
            Assert.Equal(3, pool.Statistics.OpenSnapshots);
            long before = pool.Statistics.LiveBytes;
            Assert.True(before > 0);
            foreach (int which in order)
            {
                Assert.Equal(snapshots[which].Count, SnapshotContent.Of(snapshots[which], 128, (long v) => v).Count);
                snapshots[which].Release();
            }
            Assert.Equal((0, 0), (pool.Statistics.LiveBlocks, pool.Statistics.LiveBytes));
        }
    }

    [Fact]
    public void A_write_after_a_snapshot_copies_its_segment_only_and_only_once()
    {
        using SegmentPool pool = new();
        KeyedTable<long, long> table = Filled(pool, 20_000);
        long live = pool.Statistics.LiveBlocks;
        TableSnapshot<long, long> snapshot = table.Freeze();
        Assert.Equal(live, pool.Statistics.LiveBlocks);
        for (int i = 0; i < 100; i++)
        {
            table.GetOrAdd(5, TestHashes.Mixed(5), out _)++;
            table.FindForWrite(5, TestHashes.Mixed(5))++;
        }
        Assert.Equal(live + 1, pool.Statistics.LiveBlocks);
        for (long key = 0; key < 20_000; key++)
        {
            Assert.True(table.TryGet(key, TestHashes.Mixed(key), out _));
            Assert.False(table.Remove(-1 - key, TestHashes.Mixed(-1 - key)));
        }
        Assert.Equal(live + 1, pool.Statistics.LiveBlocks);
        snapshot.Release();
        Assert.Equal(live, pool.Statistics.LiveBlocks);
    }

    [Fact]
    public void Without_an_open_snapshot_nothing_is_copied()
    {
        int copies = 0;
        using SegmentPool pool = new();
        KeyedTable<long, Box> table = new(pool, new TableOptions<Box>(0, 127, 128, b =>
        {
            copies++;
            return new Box { Amount = b.Amount };
        }));
        for (long key = 0; key < 3000; key++)
        {
            table.GetOrAdd(key, TestHashes.Mixed(key), out _) = new Box();
        }
        TableSnapshot<long, Box> snapshot = table.Freeze();
        snapshot.Release();
        for (long key = 0; key < 3000; key++)
        {
            Assert.True(table.TryGet(key, TestHashes.Mixed(key), out _));
        }
        Assert.Equal(0, copies);

        snapshot = table.Freeze();
        for (int round = 0; round < 3; round++)
        {
            for (long key = 0; key < 1000; key++)
            {
                table.TryGet(key, TestHashes.Mixed(key), out Box? box);
                box!.Amount++;
            }
        }
        Assert.Equal(1000, copies);
        Assert.All(SnapshotContent.Of(snapshot, 128, (Box b) => b.Amount).Values, v => Assert.Equal(0, v));
        snapshot.Release();
    }

    [Fact]
    public void A_value_that_is_put_in_the_place_of_one_that_a_snapshot_has_is_not_copied()
    {
        int copies = 0;
        using SegmentPool pool = new();
        KeyedTable<long, Box> table = new(pool, new TableOptions<Box>(0, 127, 128, b =>
        {
            copies++;
            return new Box { Amount = b.Amount };
        }));
        for (long key = 0; key < 1000; key++)
        {
            table.GetOrAdd(key, TestHashes.Mixed(key), out _) = new Box();
        }

        TableSnapshot<long, Box> snapshot = table.Freeze();
        for (long key = 0; key < 1000; key++)
        {
            table.Remove(key, TestHashes.Mixed(key));
            Box added = table.GetOrAdd(key, TestHashes.Mixed(key), out _) = new Box { Amount = 1 };
            Assert.Same(added, table.FindForWrite(key, TestHashes.Mixed(key)));
        }

        Assert.Equal(0, copies);
        Assert.All(SnapshotContent.Of(snapshot, 128, (Box b) => b.Amount).Values, v => Assert.Equal(0, v));
        snapshot.Release();
    }

    [Fact]
    public void A_value_shared_by_two_snapshots_stays_shared_when_the_newer_one_goes_first()
    {
        using SegmentPool pool = new();
        KeyedTable<long, Box> table = new(pool, new TableOptions<Box>(0, 0, 1, b => new Box { Amount = b.Amount }));
        table.GetOrAdd(1, TestHashes.Mixed(1), out _) = new Box { Amount = 1 };
        table.GetOrAdd(2, TestHashes.Mixed(2), out _) = new Box { Amount = 1 };
        TableSnapshot<long, Box> older = table.Freeze();
        TableSnapshot<long, Box> newer = table.Freeze();
        table.FindForWrite(1, TestHashes.Mixed(1)).Amount = 2;
        newer.Release();
        table.FindForWrite(2, TestHashes.Mixed(2)).Amount = 2;
        Assert.All(SnapshotContent.Of(older, 1, (Box b) => b.Amount).Values, v => Assert.Equal(1, v));
        older.Release();
    }

    [Fact]
    public void An_empty_table_has_an_empty_snapshot_and_takes_no_memory()
    {
        using SegmentPool pool = new();
        KeyedTable<string, string> table = new(pool, new TableOptions<string>(3, 9, 128));
        TableSnapshot<string, string> snapshot = table.Freeze();
        table.GetOrAdd("a", 5UL << 57, out _) = "b";
        Assert.Empty(SnapshotContent.Of(snapshot, 128, (string v) => v.Length));
        snapshot.Release();
        table.Clear();
        Assert.Equal(0, pool.Statistics.LiveBlocks);
    }

    [Fact]
    public void A_snapshot_can_be_read_while_the_owner_writes()
    {
        const int Keys = 30_000;
        const int Rounds = 25;
        using SegmentPool pool = new();
        KeyedTable<long, long> table = Filled(pool, Keys);
        KeyedTable<string, Box> boxes = new(pool, new TableOptions<Box>(0, 127, 128, b => new Box { Amount = b.Amount }));
        for (long key = 0; key < 2000; key++)
        {
            boxes.GetOrAdd("k" + key, TestHashes.Mixed(key), out _) = new Box { Amount = 0 };
        }
        for (int round = 0; round < Rounds; round++)
        {
            // Every value of the round's snapshot is the round's number; the owner writes larger ones meanwhile.
            TableSnapshot<long, long> snapshot = table.Freeze();
            TableSnapshot<string, Box> boxSnapshot = boxes.Freeze();
            using ManualResetEventSlim read = new();
            Exception? failure = null;
            int expected = round;
            Thread reader = new(() =>
            {
                try
                {
                    Dictionary<long, long> content = SnapshotContent.Of(snapshot, 128, (long v) => v);
                    Assert.Equal(Keys, content.Count);
                    Assert.All(content, e => Assert.Equal(expected, e.Value));
                    Dictionary<string, long> boxContent = SnapshotContent.Of(boxSnapshot, 128, (Box b) => b.Amount);
                    Assert.Equal(2000, boxContent.Count);
                    Assert.All(boxContent, e => Assert.Equal(expected, e.Value));
                }
                catch (Exception e)
                {
                    failure = e;
                }
                finally
                {
                    read.Set();
                }
            });
            reader.Start();
            do
            {
                for (long key = 0; key < Keys + 500; key++)
                {
                    table.GetOrAdd(key, TestHashes.Mixed(key), out _) = round + 1;
                }
                for (long key = Keys; key < Keys + 500; key++)
                {
                    table.Remove(key, TestHashes.Mixed(key));
                }
                for (long key = 0; key < 2000; key++)
                {
                    boxes.TryGet("k" + key, TestHashes.Mixed(key), out Box? box);
                    box!.Amount = round + 1;
                }
            }
            while (!read.IsSet);
            reader.Join();
            Assert.Null(failure);
            snapshot.Release();
            boxSnapshot.Release();
        }
    }

    [Fact]
    public void A_snapshot_refuses_a_second_release_a_read_after_it_and_a_foreign_group()
    {
        using SegmentPool pool = new();
        KeyedTable<long, long> table = new(pool, new TableOptions<long>(4, 7, 128));
        TableSnapshot<long, long> snapshot = table.Freeze();
        SnapshotReader<long, long> reader = snapshot.OpenReader();
        Assert.Throws<InvariantViolatedException>(() => reader.CountIn(3));
        Assert.Throws<InvariantViolatedException>(() => reader.CountIn(8));
        Assert.Equal(0, reader.CountIn(4));
        snapshot.Release();
        Assert.Throws<InvariantViolatedException>(() => reader.CountIn(4));
        Assert.Throws<InvariantViolatedException>(snapshot.Release);
    }

    private static KeyedTable<long, long> Filled(SegmentPool pool, int keys)
    {
        KeyedTable<long, long> table = new(pool, s_options);
        for (long key = 0; key < keys; key++)
        {
            table.GetOrAdd(key, TestHashes.Mixed(key), out _) = 0;
        }
        return table;
    }
}
