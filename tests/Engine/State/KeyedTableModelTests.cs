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

    [Fact]
    public void Values_so_large_that_a_segment_has_fewer_slots_are_kept()
    {
        Func<long, ulong> hash = TestHashes.Named("mixed", 0, 0, 1);
        new TableModel<long, (decimal, decimal, decimal, decimal, long)>(
            2, new(0, 0, 1), k => k, k => hash(k), (ref v, a) => v.Item5 = a, v => v.Item5).Run(30_000, 5_000);
    }

    private static TableModel<long, long> Plain(int seed, TableOptions<long> options, string hash) => new(
        seed,
        options,
        k => k,
        TestHashes.Named(hash, options.FirstGroup, options.LastGroup, options.MaxParallelism),
        (ref v, a) => v = a,
        v => v);

    private static TableModel<long, Box> Boxes(int seed, string hash) => new(
        seed,
        new TableOptions<Box>(16, 31, 128, b => new Box { Amount = b.Amount }),
        k => k,
        TestHashes.Named(hash, 16, 31, 128),
        (ref v, a) => (v ??= new Box()).Amount = a,
        v => v.Amount);

    private static int Calls(int keys) => Math.Max(6_000, keys * 3);
}
