using System.Runtime.InteropServices;
using OrleansStream.Commits;
using OrleansStream.Connectors.Kafka.Writing;

namespace OrleansStream.Kafka;

/// <summary>What is spooled for a checkpoint, without a broker.</summary>
public sealed class SpoolTests
{
    private const int RecordsPerEpoch = 20_000;

    private readonly KafkaSinkOptions _options = new() { Topic = "out", ChunkBytes = 4096, SpoolBytes = 1 << 22 };
    private readonly EpochChain _chain = new(() => { });
    private readonly SpoolWriter<long> _writer;
    private readonly long[] _values = new long[100];
    private readonly long[] _timestamps = new long[100];
    private long _next;

    public SpoolTests()
    {
        _chain.Tail = EpochMark.Beginning("run", 1);
        _writer = new SpoolWriter<long>(new TestSinkContext(), _options, Write, _chain);
    }

    [Fact]
    public void An_epoch_holds_its_records_however_often_its_chunks_were_used()
    {
        Random random = new(7);
        Queue<(IReadOnlyList<byte[]> Committables, long First, long End)> open = new();
        for (int epoch = 1; epoch <= 60; epoch++)
        {
            long first = _next;
            WriteMany(random.Next(RecordsPerEpoch));
            open.Enqueue((_writer.EndEpoch(epoch)(), first, _next));
            while (open.Count > random.Next(4))
            {
                (IReadOnlyList<byte[]> committables, long from, long end) = open.Dequeue();
                Assert.Equal(Range(from, end), Read(committables));
                _chain.CommitEnded(committables.Skip(1).Sum(c => c.Length));
                (committables as IDisposable)?.Dispose();
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Epochs_need_no_new_memory_whether_commits_are_in_time_or_far_behind(bool areFarBehind)
    {
        if (areFarBehind)
        {
            // From here on everything goes to a file.
            WriteMany(2 * (int)_options.SpoolBytes / 40);
            Assert.NotEmpty(_writer.EndEpoch(1)());
        }

        for (int epoch = 1; epoch <= 3; epoch++)
        {
            Commit(epoch);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int epoch = 4; epoch <= 23; epoch++)
        {
            Commit(epoch);
        }

        // An epoch's last chunk is copied, and its lists are made; a record has 40 bytes.
        Assert.InRange((double)(GC.GetAllocatedBytesForCurrentThread() - before) / (20 * RecordsPerEpoch), 0, 3);
    }

    [Fact]
    public void Reading_what_is_in_the_file_needs_no_new_memory_and_disturbs_no_other_reader()
    {
        // More than may be in memory: the second half of it is in the file.
        int records = 2 * (int)_options.SpoolBytes / 40;
        WriteMany(records);
        IReadOnlyList<byte[]> committables = _writer.EndEpoch(1)();
        Assert.Equal(Range(0, records), Read(committables));
        using IEnumerator<byte[]> other = committables.GetEnumerator();
        long before = GC.GetAllocatedBytesForCurrentThread();
        long sum = 0;
        foreach (byte[] chunk in committables)
        {
            sum += chunk.Length;
            other.MoveNext();
            Assert.True(chunk.AsSpan().SequenceEqual(other.Current));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, sum / 50);
        Assert.Equal(sum, committables[0].Length + Enumerable.Range(1, committables.Count - 1).Sum(i => (long)committables[i].Length));
    }

    [Fact]
    public void A_short_epoch_is_stored_at_its_own_size()
    {
        WriteMany(3);
        IReadOnlyList<byte[]> committables = _writer.EndEpoch(1)();
        Assert.Equal(EpochChunk.HeadBytes + (3 * (SpooledRecord.HeadBytes + 16)), committables[1].Length);
    }

    [Fact]
    public void Records_larger_than_a_chunk_are_kept_between_others()
    {
        SpoolWriter<int> writer = new(new TestSinkContext(), _options, (in int size, KafkaRecordBuilder record) => record.Value.Write(new byte[size]), _chain);
        int[] sizes = [10, 9000, 10, 4000, 4000, 20_000, 1, 4064, 4065];
        Assert.Equal(sizes.Length, writer.Write(sizes, new long[sizes.Length]));
        Assert.Equal(sizes, Records(writer.EndEpoch(1)()).Select(r => r.Length - SpooledRecord.HeadBytes));
    }

    private static void Write(in long value, KafkaRecordBuilder record)
    {
        long inverse = ~value;
        record.Key.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value)));
        record.Value.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in inverse)));
    }

    private static long[] Range(long from, long end) => [.. Enumerable.Range(0, (int)(end - from)).Select(i => from + i)];

    private static long[] Read(IReadOnlyList<byte[]> committables) => [.. Records(committables).Select(r =>
    {
        long key = MemoryMarshal.Read<long>(r.AsSpan(SpooledRecord.HeadBytes));
        Assert.Equal(~key, MemoryMarshal.Read<long>(r.AsSpan(SpooledRecord.HeadBytes + 8)));
        return key;
    })];

    private static IEnumerable<byte[]> Records(IReadOnlyList<byte[]> committables)
    {
        foreach (byte[] chunk in committables.Skip(1))
        {
            int at = EpochChunk.HeadBytes;
            for (int left = EpochChunk.RecordsOf(chunk); left > 0; left--)
            {
                int length = SpooledRecord.HeadBytes + Math.Max(0, BitConverter.ToInt32(chunk, at + 12)) + Math.Max(0, BitConverter.ToInt32(chunk, at + 16)) + BitConverter.ToInt32(chunk, at + 20);
                yield return chunk[at..(at + length)];
                at += length;
            }
        }
    }

    private void Commit(int epoch)
    {
        WriteMany(RecordsPerEpoch);
        IReadOnlyList<byte[]> committables = _writer.EndEpoch(epoch)();
        long bytes = -committables[0].Length;
        foreach (byte[] chunk in committables)
        {
            bytes += chunk.Length;
        }

        _chain.CommitEnded(bytes);
        ((IDisposable)committables).Dispose();
    }

    private void WriteMany(int count)
    {
        for (int left = count; left > 0;)
        {
            int n = Math.Min(left, _values.Length);
            for (int i = 0; i < n; i++)
            {
                _values[i] = _next++;
            }

            left -= _writer.Write(_values.AsSpan(0, n), _timestamps.AsSpan(0, n));
        }
    }
}
