using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Tests.Serialization;

public class XxHash64Tests
{
    private const uint Prime32 = 2654435761;

    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    [InlineData("Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1)]
    public void Hash_of_known_texts(string text, ulong expected) => Assert.Equal(expected, XxHash64.Hash(Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData(0, 0, 0xEF46DB3751D8E999)]
    [InlineData(0, Prime32, 0xAC75FDA2929B17EF)]
    [InlineData(1, 0, 0xE934A84ADB052768)]
    [InlineData(1, Prime32, 0x5014607643A9B4C3)]
    [InlineData(4, 0, 0x9136A0DCA57457EE)]
    [InlineData(14, 0, 0x8282DCC4994E35C8)]
    [InlineData(14, Prime32, 0xC3BD6BF63DEB6DF0)]
    [InlineData(222, 0, 0xB641AE8CB691C174)]
    [InlineData(222, Prime32, 0x20CB8AB7AE10C14A)]
    public void Hash_of_the_reference_buffer(int length, uint seed, ulong expected)
    {
        // The published self-test of the algorithm.
        var buffer = new byte[length];
        ulong generator = Prime32;
        for (int i = 0; i < length; i++)
        {
            buffer[i] = (byte)(generator >> 56);
            generator *= 11400714785074694797;
        }

        Assert.Equal(expected, XxHash64.Hash(buffer, seed));
    }

    [Fact]
    public void Appending_in_parts_gives_the_hash_of_the_whole() => Prop.ForAll<byte[][], ulong>((parts, seed) =>
    {
        var stream = new XxHash64Stream(seed);
        var whole = new List<byte>();
        foreach (byte[] part in parts)
        {
            byte[] longer = [.. Enumerable.Repeat(part, 3).SelectMany(p => p)];
            stream.Append(longer);
            whole.AddRange(longer);
            if (stream.Digest() != XxHash64.Hash(whole.ToArray(), seed))
            {
                return false;
            }
        }

        return stream.Length == (ulong)whole.Count;
    }).QuickCheckThrowOnFailure();
}
