using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tests.State;

public sealed class KeyedTableModelTests
{
    public static TheoryData<string, int> Hashes => new()
    {
        { "mixed", 20_000 },
        { "same low bits", 3_000 },
        { "same high bits", 5_000 },
        { "few high bits", 10_000 },
        { "all equal", 1_500 },
        { "zero or one", 600 },
        { "few distinct", 3_000 },
        { "ascending", 10_000 },
    };

    [Theory]
    [MemberData(nameof(Hashes))]
    public void Table_of_plain_values_is_a_dictionary(string hash, int keys) =>
        Plain(11, new TableOptions<long>(0, 127, 128), hash).Run(Calls(keys), keys);

    [Theory]
    [MemberData(nameof(Hashes))]
    public void Table_of_strings_is_a_dictionary(string hash, int keys)
    {
        Func<long, ulong> hashOf = TestHashes.Named(hash, 0, 127, 128);
        new TableModel<string, long>(
            12, new TableOptions<long>(0, 127, 128), k => "key-" + k, k => hashOf(long.Parse(k.AsSpan(4))), (ref v, a) => v = a, v => v)
            .Run(Calls(keys), keys);
    }

    [Theory]
    [MemberData(nameof(Hashes))]
    public void Table_of_mutable_values_is_a_dictionary_and_snapshots_do_not_change(string hash, int keys) =>
        Boxes(13, hash).Run(Calls(keys), keys);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(128)]
    public void Table_of_a_subtask_keeps_its_range_of_key_groups(int parallelism)
    {
        const int Groups = 128;
        for (int subtask = 0; subtask < parallelism; subtask += Math.Max(1, parallelism / 3))
        {
            int first = ((subtask * Groups) + parallelism - 1) / parallelism;
            int last = (((subtask + 1) * Groups) - 1) / parallelism;
            Plain(subtask, new TableOptions<long>(first, last, Groups), "mixed").Run(8_000, 6_000);
        }
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(0, 32767, 32768)]
    [InlineData(32767, 32767, 32768)]
    [InlineData(5000, 25000, 32768)]
    public void Table_works_at_the_extremes_of_max_parallelism(int first, int last, int maxParallelism) =>
        Plain(1, new TableOptions<long>(first, last, maxParallelism), "mixed").Run(6_000, 5_000);

    [Fact]
    public void Any_sequence_of_calls_gives_what_a_dictionary_gives()
    {
        var cases =
            from seed in Gen.Choose(0, int.MaxValue - 1)
            from keys in Gen.Elements(3, 40, 900, 2500)
            from hash in Gen.Elements("mixed", "same low bits", "few high bits", "few distinct", "zero or one")
            from mutable in Gen.Elements(true, false)
            select (seed, keys, hash, mutable);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            if (c.mutable)
            {
                Boxes(c.seed, c.hash).Run(2_500, c.keys);
            }
            else
            {
                Plain(c.seed, new TableOptions<long>(32, 63, 256), c.hash).Run(2_500, c.keys);
            }
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Integers whose hash tells the key, but lies beside it in the slot, since values are objects.</summary>
    [Fact]
    public void Table_of_integers_and_objects_is_a_dictionary() => new TableModel<long, Box>(
        14, new TableOptions<Box>(0, 127, 128, b => new Box { Amount = b.Amount }), k => k, TestHashes.Mixed, (ref v, a) => (v ??= new Box()).Amount = a, v => v.Amount).Run(20_000, 5_000);

    [Fact]
    public void Values_so_large_that_a_segment_has_fewer_slots_are_kept()
    {
        Func<long, ulong> hash = TestHashes.Named("mixed", 0, 0, 1);
        new TableModel<long, (decimal, decimal, decimal, decimal, long)>(
            2, new(0, 0, 1), k => k, k => hash(k), (ref v, a) => v.Item5 = a, v => v.Item5).Run(30_000, 5_000);
    }

    [Theory]
    [InlineData(0, 127, 128)]
    [InlineData(0, 0, 1)]
    [InlineData(0, 63, 128)]
    [InlineData(64, 127, 128)]
    [InlineData(77, 77, 128)]
    public void Table_of_integers_is_a_dictionary(int first, int last, int maxParallelism)
    {
        TableOptions<long> options = new(first, last, maxParallelism);
        Integers(21, options, k => k, (long k) => k).Run(30_000, 9_000);
        Integers(22, options, k => (int)k, (int k) => k).Run(9_000, 3_000);
        Integers(23, options, k => (ushort)k, (ushort k) => k).Run(9_000, 3_000);
        Integers(24, options, k => (DayOfWeek)k, (DayOfWeek k) => (long)k).Run(9_000, 3_000);
    }

    [Fact]
    public void Table_of_integers_with_small_and_large_values_is_a_dictionary()
    {
        new TableModel<long, byte>(31, new(0, 127, 128), k => k, TestHashes.Mixed, (ref v, a) => v = (byte)a, v => v, a => (byte)a).Run(20_000, 5_000);
        new TableModel<long, (long, long, int)>(32, new(0, 127, 128), k => k, TestHashes.Mixed, (ref v, a) => v.Item3 = (int)a, v => v.Item3).Run(20_000, 5_000);
    }

    [Fact]
    public void The_integers_whose_hashes_mark_free_slots_are_keys_like_any_other()
    {
        // In a table of all key groups: there both have their place.
        long[] keys = [TestHashes.KeyOf(0), TestHashes.KeyOf(1), TestHashes.KeyOf(ulong.MaxValue), TestHashes.KeyOf(ulong.MaxValue - 1)];
        for (int others = 0; others < 4_000; others = (2 * others) + 1)
        {
            new TableModel<long, long>(
                others, new(0, 127, 128), k => k < keys.Length ? keys[k] : k, TestHashes.Mixed, (ref v, a) => v = a, v => v).Run(3_000, others + keys.Length);
        }
    }

    [Fact]
    public void An_integer_with_a_hash_that_is_not_its_own_is_refused()
    {
        using SegmentPool pool = new();
        KeyedTable<int, long> table = new(pool, new TableOptions<long>(0, 127, 128));
        Assert.Contains("was added with the hash", Assert.Throws<InvariantViolatedException>(() => table.GetOrAdd(5, 77, out _)).Message, StringComparison.Ordinal);
    }

    // The keys of the range among the first ones.
    private static TableModel<TKey, long> Integers<TKey>(int seed, TableOptions<long> options, Func<long, TKey> keyOf, Func<TKey, long> valueOf)
        where TKey : notnull
    {
        long[] owned = [.. Enumerable.Range(0, 9_000 * options.MaxParallelism / (options.LastGroup - options.FirstGroup + 1)).Select(k => valueOf(keyOf(k))).Distinct().Where(IsOwned).Take(9_000)];
        owned = owned.Length > 0 ? owned : throw new InvalidOperationException("no key is of the range");
        return new(seed, options, k => keyOf(owned[k % owned.Length]), k => TestHashes.Mixed(valueOf(k)), (ref v, a) => v = a, v => v);

        bool IsOwned(long key)
        {
            long group = (long)(((TestHashes.Mixed(key) >> 32) * (ulong)options.MaxParallelism) >> 32);
            return group >= options.FirstGroup && group <= options.LastGroup;
        }
    }

    private static TableModel<NamedKey, long> Plain(int seed, TableOptions<long> options, string hash) => new(
        seed,
        options,
        k => new NamedKey(k),
        NamedKey.Hashed(TestHashes.Named(hash, options.FirstGroup, options.LastGroup, options.MaxParallelism)),
        (ref v, a) => v = a,
        v => v);

    private static TableModel<NamedKey, Box> Boxes(int seed, string hash) => new(
        seed,
        new TableOptions<Box>(16, 31, 128, b => new Box { Amount = b.Amount }),
        k => new NamedKey(k),
        NamedKey.Hashed(TestHashes.Named(hash, 16, 31, 128)),
        (ref v, a) => (v ??= new Box()).Amount = a,
        v => v.Amount);

    private static int Calls(int keys) => Math.Max(6_000, keys * 3);
}
