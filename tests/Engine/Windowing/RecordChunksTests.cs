using System.Runtime.CompilerServices;
using OrleansStream.Engine.Windowing;

namespace OrleansStream.Engine.Tests.Windowing;

public sealed class RecordChunksTests
{
    private const int Records = 1024;

    [Fact]
    public void Logs_that_are_given_back_together_are_used_again_together()
    {
        RecordChunks<long> pool = new();
        RecordLog<long>[] first = [.. Enumerable.Range(0, 5).Select(_ => Log(pool, 20))];
        Assert.Equal(0, pool.Idle);

        foreach (RecordLog<long> log in first)
        {
            log.Release();
        }

        Assert.Equal(100, pool.Idle);
        RecordLog<long>[] next = [.. Enumerable.Range(0, 5).Select(_ => Log(pool, 20))];
        Assert.Equal(0, pool.Idle);

        // What is added to a log again and again is what it holds, not what the chunks held before.
        Assert.All(next, log => Assert.Equal(Enumerable.Range(0, 20 * Records).Select(i => (long)i), Enumerable.Range(0, 20 * Records).Select(i => log.View[i])));
    }

    [Fact]
    public void One_large_log_is_forgotten_by_and_by()
    {
        RecordChunks<long> pool = new();
        Log(pool, 4000).Release();
        Assert.Equal(4000, pool.Idle);

        for (int i = 0; i < 2000; i++)
        {
            Log(pool, 1).Release();
        }

        Assert.InRange(pool.Idle, 1, 256);
    }

    [Fact]
    public void Chunks_that_a_snapshot_has_seen_are_not_used_again()
    {
        RecordChunks<long> pool = new();
        RecordLog<long> shared = Log(pool, 3);
        RecordView<long> view = shared.Share();
        shared.Release();
        Assert.Equal(0, pool.Idle);

        Log(pool, 3, from: 1_000_000).Release();

        Assert.Equal(3, pool.Idle);
        Assert.Equal(Enumerable.Range(0, 3 * Records).Select(i => (long)i), Enumerable.Range(0, 3 * Records).Select(i => view[i]));
    }

    [Fact]
    public void Small_logs_keep_nothing()
    {
        RecordChunks<long> pool = new();
        for (int records = 1; records < Records / 2; records += 7)
        {
            RecordLog<long> log = new(pool);
            for (int i = 0; i < records; i++)
            {
                log.Append(i, 0);
            }

            Assert.Equal(records - 1, log.View[records - 1]);
            log.Release();
        }

        Assert.Equal(0, pool.Idle);
    }

    [Fact]
    public void Records_so_large_that_the_first_chunk_is_as_large_as_all_others_are_counted_too()
    {
        RecordChunks<Large> pool = new();
        for (int i = 0; i < 10; i++)
        {
            RecordLog<Large> log = new(pool);
            for (int record = 0; record < RecordChunk<Large>.Records; record++)
            {
                log.Append(default, 0);
            }

            log.Release();
            Assert.Equal(1, pool.Idle);
        }

        // With two at once, two are kept, not more for those before.
        RecordLog<Large>[] two = [new(pool), new(pool)];
        two[0].Append(default, 0);
        two[1].Append(default, 0);
        two[0].Release();
        two[1].Release();
        Assert.Equal(2, pool.Idle);
    }

    private static RecordLog<long> Log(RecordChunks<long> pool, int chunks, long from = 0)
    {
        RecordLog<long> log = new(pool);
        for (int i = 0; i < chunks * Records; i++)
        {
            Assert.Equal(i, log.Append(from + i, 0));
        }

        return log;
    }

    [InlineArray(3000)]
    private struct Large
    {
        private byte _first;
    }
}
