using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Engine.Tests.Checkpointing;

public sealed class ChecksumTests
{
    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    [InlineData("Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1)]
    public void The_checksum_is_the_published_XXH64(string text, ulong expected) =>
        Assert.Equal(expected, Checksum.Of(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Pieces_give_the_checksum_of_the_whole() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte[]>(), (a, b, c) =>
            {
                var pieces = new Checksum();
                pieces.Add(a);
                pieces.Add(b);
                pieces.Add(c);
                return pieces.Value == Checksum.Of([.. a, .. b, .. c]);
            }).QuickCheckThrowOnFailure();
}
