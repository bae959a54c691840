namespace OrleansStream.Keys;

/// <summary>A nullable key hashes as its value; null is refused.</summary>
internal sealed class NullableKeyHasher<T>(KeyHasher<T> inner) : KeyHasher<T?> where T : struct
{
    public override ulong Hash(in T? key)
    {
        if (key is not { } value)
        {
            ThrowNull(typeof(T?));
            return 0;
        }

        return inner.Hash(in value);
    }
}
