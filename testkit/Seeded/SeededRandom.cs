namespace OrleansStream.TestKit;

/// <summary>Pseudo-random numbers that are the same for a seed on every machine and runtime (SplitMix64). One thread.</summary>
public sealed class SeededRandom
{
    private ulong _state;

    /// <summary>Creates a sequence.</summary>
    /// <param name="seed">Equal seeds give equal sequences.</param>
    public SeededRandom(long seed)
    {
        _state = (ulong)seed;
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextBits()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to a limit, exclusive.</summary>
    /// <param name="limit">The limit; positive.</param>
    public int Next(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return (int)(NextBits() % (ulong)limit);
    }

    /// <summary>A number from 0 to 1, exclusive.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));
}
