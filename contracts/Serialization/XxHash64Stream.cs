namespace OrleansStream.Serialization;

/// <summary>
/// <see cref="XxHash64"/> over data that comes in parts: the digest is that of the parts joined. One thread at a time; allocates only
/// itself.
/// </summary>
public sealed class XxHash64Stream
{
    private readonly ulong _seed;
    private readonly byte[] _partial = new byte[XxHash64.StripeBytes];
    private int _partialCount;
    private ulong _total;
    private ulong _a, _b, _c, _d;

    /// <summary>Creates a stream that has seen nothing.</summary>
    public XxHash64Stream(ulong seed = 0)
    {
        _seed = seed;
        Reset();
    }

    /// <summary>How many bytes have been appended.</summary>
    public ulong Length => _total;

    /// <summary>Forgets all that was appended.</summary>
    public void Reset()
    {
        _a = _seed + XxHash64.Prime1 + XxHash64.Prime2;
        _b = _seed + XxHash64.Prime2;
        _c = _seed;
        _d = _seed - XxHash64.Prime1;
        _partialCount = 0;
        _total = 0;
    }

    /// <summary>Takes the next bytes in.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        _total += (ulong)data.Length;
        if (_partialCount > 0)
        {
            int taken = Math.Min(data.Length, XxHash64.StripeBytes - _partialCount);
            data[..taken].CopyTo(_partial.AsSpan(_partialCount));
            _partialCount += taken;
            data = data[taken..];
            if (_partialCount < XxHash64.StripeBytes)
            {
                return;
            }

            XxHash64.Stripes(_partial, ref _a, ref _b, ref _c, ref _d);
        }

        data = XxHash64.Stripes(data, ref _a, ref _b, ref _c, ref _d);
        data.CopyTo(_partial);
        _partialCount = data.Length;
    }

    /// <summary>The hash of all bytes so far; more may be appended afterwards.</summary>
    public ulong Digest()
    {
        ulong start = _total >= XxHash64.StripeBytes ? XxHash64.Converge(_a, _b, _c, _d) : _seed + XxHash64.Prime5;
        return XxHash64.Finish(start + _total, _partial.AsSpan(0, _partialCount));
    }
}
