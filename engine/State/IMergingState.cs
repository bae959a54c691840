namespace OrleansStream.Engine.State;

/// <summary>A state whose entries can be merged: what sessions do when they grow together.</summary>
internal interface IMergingState<TEntry>
{
    /// <summary>Moves the contents of other entries, in this order, behind that of the current one; they are empty afterwards. The current one may be among them.</summary>
    void MergeFrom(ReadOnlySpan<(TEntry Entry, ulong Hash)> sources);
}
