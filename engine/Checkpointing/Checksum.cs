using System.Buffers.Binary;
using System.Numerics;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// XXH64 with seed 0 over bytes that arrive in pieces. The only place where the checkpoint code computes a checksum; the algorithm is
/// part of the file format.
/// </summary>
internal sealed class Checksum
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;

    private readonly byte[] _stripe = new byte[32];
    private int _inStripe;
    private ulong _length;
    private ulong _a = unchecked(Prime1 + Prime2);
    private ulong _b = Prime2;
    private ulong _c;
    private ulong _d = unchecked(0 - Prime1);

    /// <summary>The checksum of one span.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var checksum = new Checksum();
        checksum.Add(bytes);
        return checksum.Value;
    }

    /// <summary>Adds the next piece.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        if (_inStripe > 0)
        {
            var taken = Math.Min(32 - _inStripe, bytes.Length);
            bytes[..taken].CopyTo(_stripe.AsSpan(_inStripe));
            _inStripe += taken;
            bytes = bytes[taken..];
            if (_inStripe < 32)
            {
                return;
            }

            Stripes(_stripe);
            _inStripe = 0;
        }

        var whole = bytes.Length & ~31;
        Stripes(bytes[..whole]);
        bytes[whole..].CopyTo(_stripe);
        _inStripe = bytes.Length - whole;
    }

    /// <summary>The checksum of all that was added so far; more may be added after.</summary>
    public ulong Value
    {
        get
        {
            unchecked
            {
                ulong hash;
                if (_length >= 32)
                {
                    hash = BitOperations.RotateLeft(_a, 1) + BitOperations.RotateLeft(_b, 7) + BitOperations.RotateLeft(_c, 12)
                        + BitOperations.RotateLeft(_d, 18);
                    hash = Merge(Merge(Merge(Merge(hash, _a), _b), _c), _d);
                }
                else
                {
                    hash = Prime5;
                }

                hash += _length;
                var rest = _stripe.AsSpan(0, _inStripe);
                for (; rest.Length >= 8; rest = rest[8..])
                {
                    hash ^= Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest));
                    hash = (BitOperations.RotateLeft(hash, 27) * Prime1) + Prime4;
                }

                if (rest.Length >= 4)
                {
                    hash ^= BinaryPrimitives.ReadUInt32LittleEndian(rest) * Prime1;
                    hash = (BitOperations.RotateLeft(hash, 23) * Prime2) + Prime3;
                    rest = rest[4..];
                }

                foreach (var b in rest)
                {
                    hash ^= b * Prime5;
                    hash = BitOperations.RotateLeft(hash, 11) * Prime1;
                }

                hash ^= hash >> 33;
                hash *= Prime2;
                hash ^= hash >> 29;
                hash *= Prime3;
                return hash ^ (hash >> 32);
            }
        }
    }

    private void Stripes(ReadOnlySpan<byte> bytes)
    {
        var (a, b, c, d) = (_a, _b, _c, _d);
        for (; bytes.Length >= 32; bytes = bytes[32..])
        {
            a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
            c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
            d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
        }

        (_a, _b, _c, _d) = (a, b, c, d);
    }

    private static ulong Round(ulong lane, ulong input) =>
        unchecked(BitOperations.RotateLeft(lane + (input * Prime2), 31) * Prime1);

    private static ulong Merge(ulong hash, ulong lane) => unchecked(((hash ^ Round(0, lane)) * Prime1) + Prime4);
}
