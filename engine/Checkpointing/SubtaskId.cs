namespace OrleansStream.Engine.Checkpointing;

/// <summary>One parallel instance of one vertex of the job graph. Ordered by vertex, then index.</summary>
/// <param name="Vertex">The vertex' number in the job graph.</param>
/// <param name="Index">The instance, from 0.</param>
public readonly record struct SubtaskId(int Vertex, int Index) : IComparable<SubtaskId>
{
    /// <inheritdoc/>
    public int CompareTo(SubtaskId other) => Vertex != other.Vertex ? Vertex.CompareTo(other.Vertex) : Index.CompareTo(other.Index);

    /// <inheritdoc/>
    public override string ToString() => $"{Vertex}.{Index}";
}
