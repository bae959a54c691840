using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Tests.Keys;

public class KeyHasherTests
{
    [Theory]
    [ClassData(typeof(KeyVectors))]
    public void Hash_is_the_frozen_one(string key, ulong actual, ulong expected) => Assert.True(expected == actual, $"{key}: {actual:X16}");

    [Fact]
    public void Integers_hash_as_the_outputs_of_SplitMix64()
    {
        // The published outputs for the seed 1234567.
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        KeyHasher<ulong> hasher = KeyHasher.For<ulong>();
        Assert.Equal(expected, Enumerable.Range(0, 5).Select(i => hasher.Hash(1234567 + ((ulong)i * 0x9E3779B97F4A7C15))));
    }

    [Fact]
    public void Integers_of_all_widths_hash_alike() => Prop.ForAll<short>(v =>
    {
        ulong expected = KeyHasher.For<long>().Hash(v);
        return KeyHasher.For<short>().Hash(v) == expected && KeyHasher.For<int>().Hash(v) == expected && KeyHasher.For<long?>().Hash(v) == expected
            && KeyHasher.For<DayOfWeek>().Hash((DayOfWeek)v) == expected;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void HashAll_agrees_with_Hash()
    {
        Agrees<int>();
        Agrees<long>();
        Agrees<byte>();
        Agrees<char>();
        Agrees<bool>();
        Agrees<double>();
        Agrees<decimal>();
        Agrees<Guid>();
        Agrees<(int, string)>();
        Prop.ForAll<string[]>(Same).QuickCheckThrowOnFailure();

        static void Agrees<T>() => Prop.ForAll<T[]>(Same).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Equal_keys_hash_alike()
    {
        Prop.ForAll<decimal, byte>((v, zeros) =>
        {
            decimal scaled = v;
            for (int i = 0; i < zeros % 20; i++)
            {
                try
                {
                    scaled = decimal.Parse(scaled + (scaled.Scale == 0 ? ".0" : "0"), System.Globalization.CultureInfo.InvariantCulture);
                }
                catch (OverflowException)
                {
                    break;
                }
            }

            return scaled != v || KeyHasher.For<decimal>().Hash(v) == KeyHasher.For<decimal>().Hash(scaled);
        }).QuickCheckThrowOnFailure();
        Assert.Equal(
            KeyHasher.For<DateTimeOffset>().Hash(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero)),
            KeyHasher.For<DateTimeOffset>().Hash(new DateTimeOffset(2026, 1, 1, 14, 0, 0, TimeSpan.FromHours(2))));
        Assert.Equal(KeyHasher.For<(double, int)>().Hash((0.0, 1)), KeyHasher.For<(double, int)>().Hash((-0.0, 1)));
    }

    [Fact]
    public void Neighbouring_strings_in_a_key_do_not_run_together() => Assert.NotEqual(
        KeyHasher.For<(string, string)>().Hash(("ab", "c")), KeyHasher.For<(string, string)>().Hash(("a", "bc")));

    [Fact]
    public void Consecutive_keys_spread_over_all_groups()
    {
        var groups = new int[128];
        for (int i = 0; i < 128_000; i++)
        {
            groups[KeyGroups.GroupOf(KeyHasher.For<int>().Hash(i), 128)]++;
        }

        Assert.All(groups, n => Assert.InRange(n, 800, 1200));
    }

    [Fact]
    public void Hashing_allocates_nothing()
    {
        string[] names = ["a", "bc", new('x', 100), new('y', 1000)];
        (int, string, decimal, Guid?)[] tuples = [(1, "a", 2.50m, Guid.Empty), (2, new string('z', 300), -1, null)];
        var hashes = new ulong[4];
        KeyHasher<string> strings = KeyHasher.For<string>();
        KeyHasher<(int, string, decimal, Guid?)> composite = KeyHasher.For<(int, string, decimal, Guid?)>();
        long allocated = long.MaxValue;
        for (int i = 0; i < 10 && allocated > 0; i++)
        {
            // The first rounds also compile and fill caches.
            long before = GC.GetAllocatedBytesForCurrentThread();
            strings.HashAll(names, hashes);
            composite.HashAll(tuples, hashes);
            composite.Hash(in tuples[0]);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static bool Same<T>(T[] keys)
    {
        keys = [.. keys.Where(k => k is not null)];
        var hashes = new ulong[keys.Length];
        KeyHasher<T> hasher = KeyHasher.For<T>();
        hasher.HashAll(keys, hashes);
        return keys.Select(k => hasher.Hash(k)).SequenceEqual(hashes);
    }
}
