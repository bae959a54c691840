using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.KeyGrains;

/// <summary>One state of the key that a call is about, without its type.</summary>
internal interface IGrainCell<TKey>
{
    /// <summary>Takes the value out of the table, before a call; on the subtask's thread.</summary>
    void Load(in TKey key, ulong hash);

    /// <summary>Puts the value back if the call has changed it; on the subtask's thread.</summary>
    void Save(in TKey key, ulong hash);
}

/// <summary>
/// The value of a state for the time of a call, which runs on another thread than the table's. Who reads the table meanwhile must not see the call's changes, so a value that can change is copied before the call's code gets it.
/// </summary>
internal sealed class GrainCell<TKey, TValue>(KeyedTable<TKey, TValue> table, TypeSerializer<TValue> serializer) : IGrainCell<TKey>
{
    private TValue _value = default!;
    private bool _isOwn;
    private bool _isDirty;

    /// <summary>Whether the key has a value.</summary>
    public bool Has { get; private set; }

    public void Load(in TKey key, ulong hash)
    {
        Has = table.TryGet(in key, hash, out TValue? value);
        _value = value!;
        _isOwn = serializer.IsImmutable;
        _isDirty = false;
    }

    public void Save(in TKey key, ulong hash)
    {
        if (_isDirty && Has)
        {
            table.GetOrAdd(in key, hash, out _) = _value;
        }
        else if (_isDirty)
        {
            table.Remove(in key, hash);
        }

        _value = default!;
        _isDirty = false;
    }

    /// <summary>The value as the table has it, for who only looks at it.</summary>
    public ref readonly TValue Peek => ref _value;

    /// <summary>The value, for who may change it.</summary>
    public ref TValue Own()
    {
        if (!_isOwn && Has)
        {
            _value = serializer.Copy(in _value);
        }

        _isOwn = true;
        return ref _value;
    }

    /// <summary>The value, for who changes it.</summary>
    public ref TValue Change()
    {
        _isDirty = true;
        return ref Own();
    }

    public void Set(in TValue value)
    {
        _value = value;
        Has = _isOwn = _isDirty = true;
    }

    public void Clear()
    {
        _value = default!;
        Has = false;
        _isOwn = _isDirty = true;
    }
}
