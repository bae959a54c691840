using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tests.State;

public sealed unsafe class NativeSlabsTests
{
    [Fact]
    public void Blocks_do_not_overlap_and_are_used_again()
    {
        NativeSlabs slabs = new();
        Random random = new(5);
        List<(nint Block, int Bytes, byte Mark)> blocks = [];
        for (int i = 0; i < 20_000; i++)
        {
            if (blocks.Count > 0 && random.Next(100) < 48)
            {
                int which = random.Next(blocks.Count);
                (nint block, int bytes, byte mark) = blocks[which];
                Assert.False(new ReadOnlySpan<byte>((void*)block, bytes).ContainsAnyExcept(mark));
                slabs.Return((void*)block, bytes);
                blocks[which] = blocks[^1];
                blocks.RemoveAt(blocks.Count - 1);
            }
            else
            {
                int bytes = random.Next(10) == 0 ? random.Next(1, 200_000) : random.Next(1, 3000);
                nint block = (nint)slabs.Rent(bytes);
                Assert.Equal(0, block % 64);
                byte mark = (byte)random.Next(256);
                new Span<byte>((void*)block, bytes).Fill(mark);
                blocks.Add((block, bytes, mark));
            }
        }
        slabs.FreeAll();
        Assert.Equal(0, slabs.ReservedBytes);
    }

    [Fact]
    public void Sizes_are_rounded_up_by_a_quarter_at_most()
    {
        for (int bytes = 1; bytes <= NativeSlabs.LargestBlockBytes; bytes++)
        {
            long block = NativeSlabs.BlockBytes(bytes);
            Assert.InRange(block, bytes, Math.Max(bytes + 63, bytes * 5L / 4));
            Assert.Equal(0, block % 64);
        }
        Assert.Equal(24 * 1024, NativeSlabs.BlockBytes(24 * 1024));
    }

    [Fact]
    public void A_foreign_large_block_is_refused()
    {
        NativeSlabs slabs = new();
        Assert.Throws<InvariantViolatedException>(() => slabs.Return((void*)4096, 100_000));
    }
}
