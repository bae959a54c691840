using OrleansStream.Keys;

namespace OrleansStream.Engine.State;

/// <summary>Hashes what addresses an entry. The high half, which is the key group, is the key's own; the low half may mix in more.</summary>
internal interface IEntryHasher<TEntry>
{
    ulong Hash(in TEntry entry);
}

internal sealed class PlainHasher<TKey>(KeyHasher<TKey> hasher) : IEntryHasher<TKey>
{
    public ulong Hash(in TKey entry) => hasher.Hash(in entry);
}

/// <summary>A key with a namespace inside of it: a time, a window, a name.</summary>
internal readonly record struct KeyAnd<TKey, TNamespace>(TKey Key, TNamespace Namespace);

internal sealed class NamespaceHasher<TKey, TNamespace>(KeyHasher<TKey> keys, KeyHasher<TNamespace> namespaces) : IEntryHasher<KeyAnd<TKey, TNamespace>>
{
    public ulong Hash(in KeyAnd<TKey, TNamespace> entry) => Mix(keys.Hash(entry.Key), namespaces.Hash(entry.Namespace));

    public static ulong Mix(ulong key, ulong inner)
    {
        ulong low = (uint)key ^ inner;
        low *= 0x9E3779B97F4A7C15;
        return (key & 0xFFFFFFFF00000000) | (low >> 32);
    }
}

/// <summary>Whatever timers belong to, with the time of one.</summary>
internal sealed class TimerHasher<TEntry>(IEntryHasher<TEntry> entries) : IEntryHasher<KeyAnd<TEntry, long>>
{
    private static readonly KeyHasher<long> s_times = KeyHasher.For<long>();

    public ulong Hash(in KeyAnd<TEntry, long> entry) => NamespaceHasher<TEntry, long>.Mix(entries.Hash(entry.Key), s_times.Hash(entry.Namespace));
}
