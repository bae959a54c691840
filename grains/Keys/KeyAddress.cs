using System.Globalization;

namespace OrleansStream.Grains;

/// <summary>
/// The key of a keyed operator's grain: <c>job/operator/hash</c>. The hash stands for the key, in 16 hexadecimal digits: it says whose the key is, and is the same whatever type of number or text the asker has. Should
/// two keys have one hash they share a front, which has nothing of either; requests bring their key. A uid may have slashes of its own.
/// </summary>
/// <param name="Job">The id of the job's submission.</param>
/// <param name="Uid">The operator's uid.</param>
/// <param name="KeyHash">The key's hash.</param>
public readonly record struct KeyAddress(string Job, string Uid, ulong KeyHash)
{
    private const int HashDigits = 16;

    /// <summary>Reads an address.</summary>
    /// <param name="key">The text.</param>
    /// <returns>The address; null if the text is none.</returns>
    public static KeyAddress? TryParse(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        int first = key.IndexOf('/', StringComparison.Ordinal);
        int last = key.LastIndexOf('/');
        return first > 0 && last > first + 1 && key.Length - last - 1 == HashDigits
            && ulong.TryParse(key.AsSpan(last + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hash)
            ? new KeyAddress(key[..first], key[(first + 1)..last], hash)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Job}/{Uid}/{KeyHash:x16}");
}
