using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Planning;
using OrleansStream.Serialization;

namespace OrleansStream.Grains;

/// <summary>The bytes of a <see cref="DeploySubtasks"/>. Nodes are written once and the places as numbers of them.</summary>
internal static class DeploymentFormat
{
    public static void Write(DataWriter to, DeploySubtasks message)
    {
        to.WriteString(message.Incarnation);
        to.WriteByte((byte)message.From.Kind);
        to.WriteVarInt64(message.From.CheckpointId);
        to.WriteString(message.From.Path);
        to.WriteBoolean(message.Checkpoint is not null);
        if (message.Checkpoint is { } checkpoint)
        {
            to.WriteVarInt64(checkpoint.CheckpointId);
            to.WriteVarInt32(checkpoint.Attempt);
            to.WriteByte((byte)checkpoint.Kind);
            to.WriteString(checkpoint.MetadataPath);
            to.WriteString(checkpoint.Digest);
        }

        Write(to, message.Topology);
        List<string> nodes = [.. message.Places.Values.Distinct()];
        to.WriteVarUInt32((uint)nodes.Count);
        foreach (string node in nodes)
        {
            to.WriteString(node);
        }

        to.WriteVarUInt32((uint)message.Places.Count);
        foreach ((SubtaskId subtask, string node) in message.Places)
        {
            ControlMessageFormat.WriteSubtask(to, subtask);
            to.WriteVarInt32(nodes.IndexOf(node));
        }
    }

    public static DeploySubtasks Read(DataReader from, string job, int attempt)
    {
        string incarnation = from.ReadString()!;
        StartPoint start = new((StartPointKind)from.ReadByte(), from.ReadVarInt64(), from.ReadString());
        CompletedCheckpoint? checkpoint = from.ReadBoolean()
            ? new CompletedCheckpoint(from.ReadVarInt64(), from.ReadVarInt32(), (CheckpointKind)from.ReadByte(), from.ReadString()!, from.ReadString()!)
            : null;
        JobTopology topology = ReadTopology(from);
        string[] nodes = new string[from.ReadCount()];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = from.ReadString()!;
        }

        Dictionary<SubtaskId, string> places = [];
        for (int left = from.ReadCount(); left > 0; left--)
        {
            places.Add(ControlMessageFormat.ReadSubtask(from), nodes[from.ReadVarInt32()]);
        }

        return new DeploySubtasks(job, attempt, incarnation, start, checkpoint, topology, places);
    }

    private static void Write(DataWriter to, JobTopology topology)
    {
        to.WriteString(topology.PlanHash);
        to.WriteVarUInt32((uint)topology.Vertices.Count);
        foreach (TopologyVertex vertex in topology.Vertices)
        {
            to.WriteString(vertex.Name);
            to.WriteVarInt32(vertex.Parallelism);
            to.WriteBoolean(vertex.IsSource);
        }

        to.WriteVarUInt32((uint)topology.Edges.Count);
        foreach (TopologyEdge edge in topology.Edges)
        {
            to.WriteVarInt32(edge.From);
            to.WriteVarInt32(edge.To);
            to.WriteByte((byte)edge.Shape);
        }

        to.WriteVarInt32(topology.MaxParallelism);
        to.WriteVarUInt32((uint)topology.Uids.Count);
        foreach (IReadOnlyList<string> chain in topology.Uids)
        {
            to.WriteVarUInt32((uint)chain.Count);
            foreach (string uid in chain)
            {
                to.WriteString(uid);
            }
        }
    }

    private static JobTopology ReadTopology(DataReader from)
    {
        string hash = from.ReadString()!;
        TopologyVertex[] vertices = new TopologyVertex[from.ReadCount()];
        for (int i = 0; i < vertices.Length; i++)
        {
            vertices[i] = new TopologyVertex(from.ReadString()!, from.ReadVarInt32(), from.ReadBoolean());
        }

        TopologyEdge[] edges = new TopologyEdge[from.ReadCount()];
        for (int i = 0; i < edges.Length; i++)
        {
            edges[i] = new TopologyEdge(from.ReadVarInt32(), from.ReadVarInt32(), (EdgeShape)from.ReadByte());
        }

        int maxParallelism = from.ReadVarInt32();
        IReadOnlyList<string>[] uids = new IReadOnlyList<string>[from.ReadCount()];
        for (int i = 0; i < uids.Length; i++)
        {
            string[] chain = new string[from.ReadCount()];
            for (int j = 0; j < chain.Length; j++)
            {
                chain[j] = from.ReadString()!;
            }

            uids[i] = chain;
        }

        return new JobTopology(hash, vertices, edges) { Uids = uids, MaxParallelism = maxParallelism };
    }
}
