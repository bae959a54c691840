using System.Collections;

namespace OrleansStream;

/// <summary>Committables whose memory is used again for something else as soon as that is allowed: whoever still reads them gets nonsense.</summary>
internal sealed class Overwritten(params byte[][] committables) : IReadOnlyList<byte[]>, IDisposable
{
    public int Count => committables.Length;

    public byte[] this[int index] => committables[index];

    public void Dispose()
    {
        foreach (byte[] committable in committables)
        {
            Array.Fill(committable, (byte)'?');
        }
    }

    public IEnumerator<byte[]> GetEnumerator() => ((IEnumerable<byte[]>)committables).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
