using OrleansStream.Keys;

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

    /// <summary>Whether nothing leaves the operator before a watermark comes.</summary>
    public virtual bool WaitsForWatermarks => false;

    /// <summary>What the author should know when the job starts; null for nothing.</summary>
    public string? Warning { get; init; }

    /// <summary>Why a side output of the operator would stay empty, and what to do; null if it may get records.</summary>
    public virtual string? WhyEmpty(OutputTag tag) => null;

    /// <summary>Names the operator, as its author says.</summary>
    public void Rename(string name) => Name = !string.IsNullOrWhiteSpace(name) ? name : throw new JobDefinitionException($"The name of operator {this} is blank. Give it one, or leave WithName out.");

    /// <summary>Gives the operator the uid that its author wants.</summary>
    public void Identify(string uid) => Uid = !string.IsNullOrWhiteSpace(uid) ? uid : throw new JobDefinitionException($"The uid of operator {this} is blank. Give it one, or leave WithUid out.");

    /// <summary>Sets how many subtasks its author wants.</summary>
    public void Spread(int parallelism) => Parallelism = parallelism is >= 1 and <= KeyGroups.Most
        ? parallelism
        : throw new JobDefinitionException($"The parallelism of operator {this} is {parallelism}; it must be from 1 to {KeyGroups.Most}. Without WithParallelism it is the job's.");

    public abstract void Accept(INodeVisitor visitor);

    public override string ToString() => $"'{Name}'";
}

/// <summary>A node that emits records of one type.</summary>
internal abstract class StreamNode<TOut> : StreamNode
{
    public override Type OutputType => typeof(TOut);
}

/// <summary>A node whose operator calls a lambda that sees records alone, so that nothing can go to a side output.</summary>
internal abstract class LambdaNode<TOut> : StreamNode<TOut>
{
    public override string? WhyEmpty(OutputTag tag) => "it has none. Call GetSideOutput on the operator that emits to it, before what follows that one";
}
