using OrleansStream.Engine.KeyAccess;

namespace OrleansStream.Engine.State;

/// <summary>A state that can be asked by key.</summary>
internal interface IAskedState
{
    /// <summary>Answers with the state of the key that the mail names, between two records.</summary>
    void Answer(KeyMail mail);
}

/// <summary>A table that has one value per key.</summary>
internal interface IAskedTable<TKey>
{
    string Name { get; }

    byte[] Schema { get; }

    /// <summary>The value of a key, serialized; null if it has none.</summary>
    byte[]? Read(in TKey key, ulong hash);
}
