namespace OrleansStream;

/// <summary>Names a side output; make one <c>static readonly</c> tag per side output and use it at both ends.</summary>
public abstract class OutputTag
{
    private protected OutputTag(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>The name, unique among the side outputs of an operator.</summary>
    public string Name { get; }

    /// <summary>The type of the records.</summary>
    public abstract Type RecordType { get; }
}

/// <summary>Names a side output of <typeparamref name="T"/>. Two tags are the same if their names and types are.</summary>
/// <typeparam name="T">The type of the records in the side output.</typeparam>
public sealed class OutputTag<T> : OutputTag
{
    /// <summary>Creates the tag.</summary>
    /// <param name="name">The name, unique among the side outputs of an operator.</param>
    public OutputTag(string name) : base(name)
    {
    }

    /// <inheritdoc/>
    public override Type RecordType => typeof(T);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({typeof(T).Name})";
}
