using OrleansStream.Combining;

namespace OrleansStream.Engine.Operators;

/// <summary>What an operator does with late records: they go to a side output that somebody reads, else they are counted.</summary>
internal abstract class LateRecords<T>
{
    /// <summary>Whether the side output has no room left.</summary>
    public abstract bool IsFull { get; }

    /// <summary>For an operator; when its side outputs are there.</summary>
    /// <param name="owner">The operator.</param>
    /// <param name="tag">The side output; null for none.</param>
    public static LateRecords<T> Of(Operator owner, OutputTag? tag)
    {
        if (typeof(T) is not { IsConstructedGenericType: true } type || type.GetGenericTypeDefinition() != typeof(Partial<,,>))
        {
            return new LateRecordsAsTheyCame<T>(owner, tag);
        }

        return (LateRecords<T>)Activator.CreateInstance(typeof(LatePartials<,,>).MakeGenericType(type.GetGenericArguments()), owner, tag)!;
    }

    public abstract void Add(in T value, long timestamp);
}

internal sealed class LateRecordsAsTheyCame<T>(Operator owner, OutputTag? tag) : LateRecords<T>
{
    private readonly OutputLink<T>? _side = tag is null ? null : owner.FindSide<T>(tag);

    public override bool IsFull => _side is { IsFull: true };

    public override void Add(in T value, long timestamp)
    {
        if (_side is null)
        {
            AddDropped(1);
            return;
        }

        _side.Output.Emit(in value, timestamp);
        Volatile.Write(ref owner.Metrics.LateOutputCount, owner.Metrics.LateOutputCount + 1);
    }

    public void AddDropped(long records) => Volatile.Write(ref owner.Metrics.LateDroppedCount, owner.Metrics.LateDroppedCount + records);
}

/// <summary>
/// Late records that were combined where they came from. One that its sender could not take for on time comes alone, and goes to the side output. What was combined and is late all the same is counted: its sender was
/// idle, and there is no side output; or its watermark is behind that of the checkpoint from which all was restored.
/// </summary>
internal sealed class LatePartials<TKey, TIn, TAcc>(Operator owner, OutputTag? tag) : LateRecords<Partial<TKey, TIn, TAcc>>
{
    private readonly LateRecordsAsTheyCame<TIn> _records = new(owner, tag);

    public override bool IsFull => _records.IsFull;

    public override void Add(in Partial<TKey, TIn, TAcc> value, long timestamp)
    {
        if (value.Count == 0)
        {
            _records.Add(value.Record, timestamp);
        }
        else
        {
            _records.AddDropped(value.Records);
        }
    }
}
