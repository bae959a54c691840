using System.Runtime.InteropServices;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tests.State;

public sealed unsafe class ColdCopyTests
{
    private const int Line = 64;

    [Theory]
    [InlineData(0)]
    [InlineData(Line)]
    [InlineData(3 * Line)]
    [InlineData(96)]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 8)]
    public void All_bytes_are_copied_and_none_beside_them(int bytes)
    {
        byte* from = (byte*)NativeMemory.AlignedAlloc((nuint)bytes + Line, Line);
        byte* to = (byte*)NativeMemory.AlignedAlloc((nuint)bytes + Line, Line);
        try
        {
            Span<byte> source = new(from, bytes + Line);
            Span<byte> target = new(to, bytes + Line);
            new Random(bytes).NextBytes(source);
            target.Fill(7);

            ColdCopy.Copy(from, to, bytes);

            Assert.Equal(source[..bytes], target[..bytes]);
            Assert.False(target[bytes..].ContainsAnyExcept((byte)7));
        }
        finally
        {
            NativeMemory.AlignedFree(from);
            NativeMemory.AlignedFree(to);
        }
    }
}
