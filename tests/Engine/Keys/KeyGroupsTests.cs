using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Tests.Keys;

public class KeyGroupsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(128)]
    [InlineData(512)]
    public void Ranges_cover_every_group_once_and_agree_with_SubtaskOf(int max)
    {
        for (int p = 1; p <= max; p++)
        {
            int next = 0;
            for (int subtask = 0; subtask < p; subtask++)
            {
                KeyGroupRange range = KeyGroups.RangeOf(subtask, max, p);
                Assert.Equal(next, range.First);
                Assert.True(range.Count >= 1);
                for (int group = range.First; group <= range.Last; group++)
                {
                    Assert.Equal(subtask, KeyGroups.SubtaskOf(group, max, p));
                    Assert.True(range.Contains(group));
                }

                next = range.Last + 1;
            }

            Assert.Equal(max, next);
        }
    }

    [Fact]
    public void Ranges_hold_at_the_largest_size()
    {
        foreach (int p in (int[])[1, 3, 1000, 32767, 32768])
        {
            Assert.Equal(0, KeyGroups.RangeOf(0, KeyGroups.Most, p).First);
            Assert.Equal(KeyGroups.Most - 1, KeyGroups.RangeOf(p - 1, KeyGroups.Most, p).Last);
            Assert.Equal(KeyGroups.Most, Enumerable.Range(0, p).Sum(i => KeyGroups.RangeOf(i, KeyGroups.Most, p).Count));
        }
    }

    [Fact]
    public void GroupOf_takes_the_high_bits_of_the_hash()
    {
        Prop.ForAll<ulong>(hash => KeyGroups.GroupOf(hash, 128) == (int)(hash >> 57) && KeyGroups.GroupOf(hash, 32768) == (int)(hash >> 49)
            && KeyGroups.GroupOf(hash, 1) == 0).QuickCheckThrowOnFailure();
        Assert.Equal(127, KeyGroups.GroupOf(ulong.MaxValue, 128));
    }

    [Theory]
    [InlineData(1, 128)]
    [InlineData(85, 128)]
    [InlineData(86, 256)]
    [InlineData(128, 256)]
    [InlineData(200, 512)]
    [InlineData(30_000, 32768)]
    [InlineData(int.MaxValue, 32768)]
    public void DefaultMaxParallelism_is_the_next_power_of_two_of_half_as_many_again(int parallelism, int expected) =>
        Assert.Equal(expected, KeyGroups.DefaultMaxParallelism(parallelism));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-128, 1)]
    [InlineData(100, 1)]
    [InlineData(65536, 1)]
    [InlineData(128, 0)]
    [InlineData(128, 129)]
    public void Validate_refuses_what_cannot_be(int max, int parallelism) =>
        Assert.Throws<OptionsException>(() => KeyGroups.Validate(max, parallelism));

    [Fact]
    public void Validate_names_all_errors_at_once()
    {
        string message = Assert.Throws<OptionsException>(() => KeyGroups.Validate(100, 0)).Message;
        Assert.Contains("max-parallelism is 100", message, StringComparison.Ordinal);
        Assert.Contains("parallelism is 0", message, StringComparison.Ordinal);
        KeyGroups.Validate(1, 1);
        KeyGroups.Validate(32768, 32768);
    }

    [Fact]
    public void RangeOf_an_absent_subtask_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => KeyGroups.RangeOf(4, 128, 4));
}
