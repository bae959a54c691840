using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansStream.Graph;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Planning;

/// <summary>
/// A job's graph, cut into chains. Made from a fresh call of Define by the job master and by every subtask; all must come out alike, which the hash shows.
/// </summary>
internal sealed class JobPlan
{
    private readonly Dictionary<StreamNode, PlanVertex> _vertexOf = [];
    private readonly Dictionary<StreamNode, string> _uids;

    private JobPlan(IReadOnlyList<StreamNode> nodes, int parallelism, int maxParallelism)
    {
        Nodes = nodes;
        MaxParallelism = maxParallelism;
        _uids = OperatorUids.Derive(nodes);
        Cut(nodes, parallelism);
        Hash = Hashed();
    }

    public IReadOnlyList<StreamNode> Nodes { get; }

    public List<PlanVertex> Vertices { get; } = [];

    public List<PlanEdge> Edges { get; } = [];

    /// <summary>Key groups, the same for all operators.</summary>
    public int MaxParallelism { get; }

    /// <summary>Topology, uids, parallelism, types and settings in one value.</summary>
    public string Hash { get; }

    /// <summary>Calls Define and cuts the graph.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="defaultParallelism">The parallelism where the options give none.</param>
    /// <param name="restoredMaxParallelism">The key groups of the snapshot that the job starts from, if it does.</param>
    public static JobPlan Build(IStreamJob job, JobOptions options, int defaultParallelism, int? restoredMaxParallelism)
    {
        StreamEnvironment env = new(options.Arguments);
        try
        {
            job.Define(env);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw new JobDefinitionException($"Define of {job.GetType()} threw {e.GetType().Name}: {e.Message}", e);
        }

        if (env.Nodes.Count == 0)
        {
            throw new JobDefinitionException($"{job.GetType()} defines no stream. Begin one with FromSource.");
        }

        int parallelism = options.Parallelism ?? defaultParallelism;
        StreamNode widestNode = env.Nodes.MaxBy(n => n.Parallelism ?? parallelism)!;
        int widest = widestNode.Parallelism ?? parallelism;
        int maxParallelism = restoredMaxParallelism ?? options.MaxParallelism ?? KeyGroups.DefaultMaxParallelism(widest);
        if (options.MaxParallelism is { } wanted && wanted != maxParallelism)
        {
            throw new StateRestoreException(
                $"max-parallelism = {wanted}, but the snapshot was made with {maxParallelism}, which is fixed once a job has state. Leave the option out or set it to {maxParallelism}.");
        }

        if (widest > maxParallelism)
        {
            string whose = widestNode.Parallelism is null ? $"parallelism = {widest}" : $"The parallelism of operator {widestNode}, {widest},";
            throw new JobDefinitionException($"{whose} is above max-parallelism = {maxParallelism}. Lower it, or set max-parallelism before the job has state.");
        }

        return new JobPlan(env.Nodes, parallelism, maxParallelism);
    }

    public string UidOf(StreamNode node) => _uids[node];

    public PlanVertex VertexOf(StreamNode node) => _vertexOf[node];

    private void Cut(IReadOnlyList<StreamNode> nodes, int parallelism)
    {
        foreach (StreamNode node in nodes)
        {
            int own = node.Parallelism ?? parallelism;
            if (node.Inputs is [{ Partitioning.Kind: PartitioningKind.Forward } only] && !node.ChainingDisabled && !node.StartsChain && !only.From.ChainingDisabled
                && _vertexOf[only.From].Parallelism == own)
            {
                _vertexOf[only.From].Nodes.Add(node);
                _vertexOf.Add(node, _vertexOf[only.From]);
                continue;
            }

            PlanVertex vertex = new(Vertices.Count, own);
            vertex.Nodes.Add(node);
            Vertices.Add(vertex);
            _vertexOf.Add(node, vertex);
            foreach (StreamEdge edge in node.Inputs)
            {
                PlanVertex from = _vertexOf[edge.From];
                PartitioningKind kind = edge.Partitioning.Kind;
                if (kind == PartitioningKind.Forward && from.Parallelism != own)
                {
                    kind = PartitioningKind.Rebalance;
                }

                Edges.Add(new PlanEdge(Edges.Count, edge, from, vertex, node, kind));
            }
        }
    }

    private string Hashed()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"max-parallelism {MaxParallelism}\n");
        foreach (StreamNode node in Nodes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{UidOf(node)} {node.Kind} {node.Name} {node.OutputType} {node.Settings} in {VertexOf(node).Id} x{VertexOf(node).Parallelism}\n");
            foreach (StreamEdge edge in node.Inputs)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {UidOf(edge.From)} {edge.Tag?.Name} {edge.RecordType} {edge.Partitioning.Kind} {edge.Input}\n");
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..32];
    }
}
