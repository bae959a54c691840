using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tests.State;

public sealed class KeyedTableTests
{
    [Fact]
    public void A_key_of_a_foreign_group_is_refused()
    {
        using SegmentPool pool = new();
        KeyedTable<NamedKey, long> table = new(pool, new TableOptions<long>(4, 7, 16));
        InvariantViolatedException refusal = Assert.Throws<InvariantViolatedException>(
            () => table.GetOrAdd(new(1), 0x8FFF_FFFF_0000_0000, out _));
        Assert.Contains("groups 4 to 7; it is of group 8", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<InvariantViolatedException>(() => table.GetOrAdd(new(1), 0x3FFF_FFFF_FFFF_FFFF, out _));
        Assert.False(table.TryGet(new(1), 0, out _));
        table.GetOrAdd(new(1), 0x4000_0000_0000_0000, out _) = 1;
        table.GetOrAdd(new(2), 0x7FFF_FFFF_FFFF_FFFF, out _) = 2;
        Assert.Equal(2, table.Count);
    }

    [Theory]
    [InlineData(0, 0, 3)]
    [InlineData(0, 0, 0)]
    [InlineData(0, 4, 4)]
    [InlineData(2, 1, 4)]
    [InlineData(-1, 1, 4)]
    public void A_range_that_is_none_is_refused(int first, int last, int maxParallelism)
    {
        using SegmentPool pool = new();
        Assert.Throws<InvariantViolatedException>(
            () => new KeyedTable<long, long>(pool, new TableOptions<long>(first, last, maxParallelism)));
    }

    [Fact]
    public void A_small_table_takes_little_memory_and_a_cleared_one_none()
    {
        using SegmentPool pool = new();
        List<KeyedTable<long, long>> tables = [];
        for (int i = 0; i < 1000; i++)
        {
            KeyedTable<long, long> table = new(pool, new TableOptions<long>(0, 127, 128));
            table.GetOrAdd(i, TestHashes.Mixed(i), out _) = i;
            tables.Add(table);
        }
        Assert.True(pool.Statistics.LiveBytes <= 1000 * 256, pool.Statistics.ToString());
        Assert.True(pool.Statistics.ReservedBytes <= 256 * 1024, pool.Statistics.ToString());
        tables.ForEach(t => t.Clear());
        Assert.Equal(0, pool.Statistics.LiveBytes);
    }

    [Fact]
    public void A_key_with_the_hash_zero_is_not_taken_for_a_free_slot()
    {
        using SegmentPool pool = new();
        KeyedTable<NamedKey, long> table = new(pool, new TableOptions<long>(0, 127, 128));
        PlaceFinder places = new();
        for (int round = 0; round < 2; round++)
        {
            places.Begin(table, [0]);
            ref long value = ref table.GetOrAdd(in places.PlaceOf(0), new KeyRun<NamedKey>([new NamedKey(0)], [0]), 0, out bool added);
            Assert.Equal(round == 0, added);
            Assert.Equal(1, table.Count);
            Assert.Equal(round, value);
            value = 1;
        }
    }

    [Fact]
    public void No_segment_grows_beyond_the_largest_size_while_its_keys_fit()
    {
        using SegmentPool pool = new();
        KeyedTable<long, long> table = new(pool, new TableOptions<long>(0, 127, 128));
        for (long key = 0; key < 300_000; key++)
        {
            table.GetOrAdd(in key, TestHashes.Mixed(key), out _) = key;
        }

        Assert.All(Enumerable.Range(0, table.DirectoryLength), i => Assert.InRange(table.SegmentAt(i).Capacity, 1, 1024));
    }

    [Fact]
    public void A_range_of_one_group_of_many_wastes_no_segment()
    {
        using SegmentPool pool = new();
        KeyedTable<NamedKey, long> narrow = new(pool, new TableOptions<long>(777, 777, 32768));
        Func<long, ulong> hash = TestHashes.Named("mixed", 777, 777, 32768);
        for (long key = 0; key < 100_000; key++)
        {
            narrow.GetOrAdd(new(key), hash(key), out _) = key;
        }
        Assert.InRange(pool.Statistics.LiveBlocks, 100_000 / 768, 2 * 100_000 / 600);
    }

    [Fact]
    public void Memory_of_removed_keys_is_used_again()
    {
        using SegmentPool pool = new();
        KeyedTable<long, long> table = new(pool, new TableOptions<long>(0, 127, 128));
        long reserved = 0;
        for (int round = 0; round < 6; round++)
        {
            for (long key = 0; key < 50_000; key++)
            {
                table.GetOrAdd(key, TestHashes.Mixed(key), out _) = key;
            }
            if (round == 1)
            {
                reserved = pool.Statistics.ReservedBytes;
            }
            for (long key = 0; key < 50_000; key++)
            {
                Assert.True(table.Remove(key, TestHashes.Mixed(key)));
            }
            Assert.True(pool.Statistics.LiveBytes < 100_000, pool.Statistics.ToString());
        }
        Assert.Equal(reserved, pool.Statistics.ReservedBytes);
    }

    [Fact]
    public void Managed_memory_is_pooled_and_holds_no_references()
    {
        using SegmentPool pool = new();
        KeyedTable<long, object> table = new(pool, new TableOptions<object>(0, 0, 1));
        WeakReference value = Fill(table);
        table.Clear();
        Assert.Equal(0, pool.Statistics.LiveBytes);
        Assert.True(pool.Statistics.ReservedBytes > 0);
        GC.Collect();
        Assert.False(value.IsAlive);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference Fill(KeyedTable<long, object> table)
        {
            object value = new();
            table.GetOrAdd(1, TestHashes.Mixed(1), out _) = value;
            return new WeakReference(value);
        }
    }

    [Fact]
    public void A_pool_disposed_while_a_snapshot_is_open_keeps_the_memory_until_the_release()
    {
        SegmentPool pool = new();
        KeyedTable<long, long> table = new(pool, new TableOptions<long>(0, 127, 128));
        for (long key = 0; key < 5000; key++)
        {
            table.GetOrAdd(key, TestHashes.Mixed(key), out _) = key;
        }
        TableSnapshot<long, long> snapshot = table.Freeze();
        pool.Dispose();
        Assert.Equal(5000, SnapshotContent.Of(snapshot, 128, (long v) => v).Count);
        Assert.Throws<InvariantViolatedException>(table.Freeze);
        snapshot.Release();
        Assert.Equal(0, pool.Statistics.ReservedBytes);
        pool.Dispose();
    }

    [Fact]
    public void A_cursor_goes_on_after_a_snapshot_in_between()
    {
        using SegmentPool pool = new();
        KeyedTable<long, long> table = new(pool, new TableOptions<long>(0, 127, 128));
        for (long key = 0; key < 3000; key++)
        {
            table.GetOrAdd(key, TestHashes.Mixed(key), out _) = 1;
        }
        TableCursor<long, long> cursor = table.OpenCursor();
        TableSnapshot<long, long>? snapshot = null;
        int visited = 0;
        while (cursor.MoveNext())
        {
            visited++;
            if (visited == 1000)
            {
                snapshot = table.Freeze();
            }
            if (visited % 2 == 0)
            {
                cursor.Remove();
            }
            else
            {
                cursor.ValueForWrite() = 2;
            }
        }
        Assert.Equal(3000, visited);
        Assert.Equal(1500, table.Count);
        Dictionary<long, long> content = SnapshotContent.Of(snapshot!, 128, (long v) => v);
        Assert.Equal(3000 - 499, content.Count);
        Assert.Equal(500, content.Values.Count(v => v == 2));
        snapshot!.Release();
    }

    [Fact]
    public void A_cursor_refuses_to_go_on_after_any_other_change()
    {
        using SegmentPool pool = new();
        KeyedTable<long, long> table = new(pool, new TableOptions<long>(0, 127, 128));
        for (long key = 0; key < 100; key++)
        {
            table.GetOrAdd(key, TestHashes.Mixed(key), out _) = 1;
        }
        Action[] changes =
        [
            () => table.GetOrAdd(1000, TestHashes.Mixed(1000), out _) = 1,
            () => table.Remove(50, TestHashes.Mixed(50)),
            table.Clear,
        ];
        foreach (Action change in changes)
        {
            TableCursor<long, long> cursor = table.OpenCursor();
            Assert.True(cursor.MoveNext());
            if (cursor.Key == 50)
            {
                Assert.True(cursor.MoveNext());
            }
            change();
            Assert.Throws<InvariantViolatedException>(() => cursor.MoveNext());
            cursor.Close();
            Assert.False(cursor.MoveNext());
        }
    }

    [Fact]
    public void Entries_come_by_ascending_key_group()
    {
        using SegmentPool pool = new();
        KeyedTable<long, long> table = new(pool, new TableOptions<long>(0, 1023, 1024));
        for (long key = 0; key < 60_000; key++)
        {
            table.GetOrAdd(key, TestHashes.Mixed(key), out _) = key;
        }
        ulong last = 0;
        TableCursor<long, long> cursor = table.OpenCursor();
        while (cursor.MoveNext())
        {
            // Inside a segment (here at most a 32nd of the table) the order is that of the slots.
            Assert.True(cursor.Hash >> 59 >= last);
            last = cursor.Hash >> 59;
        }
    }
}
