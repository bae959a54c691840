namespace OrleansStream.Graph;

/// <summary>One operator of a job's graph, as the job's author wrote it. The engine visits nodes to build operators.</summary>
internal abstract class StreamNode
{
    /// <summary>The order of definition, from 0; the same in every call of Define.</summary>
    public required int Id { get; init; }

    /// <summary>What kind of operator it is: part of a derived uid.</summary>
    public abstract string Kind { get; }

    /// <summary>The name; the kind if none was given.</summary>
    public string Name { get => field ?? Kind; set; }

    public string? Uid { get; set; }

    public int? Parallelism { get; set; }

    public bool ChainingDisabled { get; set; }

    public bool StartsChain { get; set; }

    /// <summary>Whether the operator has something in a snapshot, so that its uid matters.</summary>
    public abstract bool IsStateful { get; }

    public abstract Type OutputType { get; }

    public List<StreamEdge> Inputs { get; } = [];

    /// <summary>What distinguishes this node in the plan hash besides kind, name and types: sizes, bounds.</summary>
    public virtual string Settings => "";

    /// <summary>What the author should know when the job starts; null for nothing.</summary>
    public string? Warning { get; init; }

    public abstract void Accept(INodeVisitor visitor);

    public override string ToString() => $"'{Name}'";
}

/// <summary>A node that emits records of one type.</summary>
internal abstract class StreamNode<TOut> : StreamNode
{
    public override Type OutputType => typeof(TOut);
}
