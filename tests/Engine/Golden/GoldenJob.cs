using OrleansStream.Graph;

namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>A job, and what it must commit as a naive model says.</summary>
internal sealed record GoldenJob(string Name, Action<StreamEnvironment> Define, IReadOnlyList<string> Expected)
{
    private static readonly Type[] s_perKey = [typeof(KeyedProcessNode<,,>), typeof(KeyedCoProcessNode<,,,>), typeof(KeyGrainNode<,,>)];

    /// <summary>Whether the output depends on the watermark of each record.</summary>
    public bool PerRecord { get; init; }

    public GoldenOptions Options => new() { WatermarkPerRecord = PerRecord };

    /// <summary>Whether it has functions that <c>keyed.execution = grain</c> runs with an object per key, or keyed grains.</summary>
    public bool HasKeyedFunctions()
    {
        StreamEnvironment env = new();
        Define(env);
        return env.Nodes.Any(n => n.GetType() is { IsGenericType: true } type && s_perKey.Contains(type.GetGenericTypeDefinition()));
    }

    public override string ToString() => Name;
}
