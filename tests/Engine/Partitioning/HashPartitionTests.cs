using OrleansStream.Engine.Exchange;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Tests.Partitioning;

public sealed class HashPartitionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(128, 1)]
    [InlineData(128, 2)]
    [InlineData(128, 3)]
    [InlineData(128, 16)]
    [InlineData(128, 17)]
    [InlineData(128, 128)]
    [InlineData(32768, 5)]
    [InlineData(32768, 1000)]
    public void Each_record_goes_once_and_in_order_to_the_subtask_that_owns_its_key_group(int maxParallelism, int subtasks)
    {
        Random random = new(maxParallelism + subtasks);
        HashPartition partition = new(maxParallelism, subtasks);
        foreach (int length in new[] { 0, 1, 63, 64, 65, 500, 1024 })
        {
            ulong[] hashes = [.. Enumerable.Range(0, length).Select(i => Hash(random, i))];
            partition.Sort(hashes);
            ILookup<int, ushort> expected = Enumerable.Range(0, length).ToLookup(
                i => KeyGroups.SubtaskOf(KeyGroups.GroupOf(hashes[i], maxParallelism), maxParallelism, subtasks), i => (ushort)i);
            for (int subtask = 0; subtask < subtasks; subtask++)
            {
                Assert.Equal(expected[subtask].ToArray(), partition.Of(subtask).ToArray());
            }
        }
    }

    // Also the hashes at the edges of key groups.
    private static ulong Hash(Random random, int i) => (i % 5) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => (ulong)random.Next(128) << 57,
        3 => ((ulong)random.Next(128) << 57) - 1,
        _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
    };
}
