using OrleansStream.Engine.Checkpointing;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.State;

/// <summary>One keyed state of an operator, as the snapshot sees it: written and read key group by key group.</summary>
internal interface IKeyedPart
{
    StateDescription Describe();

    /// <summary>Takes a consistent view, in microseconds; the subtask goes on at once.</summary>
    IFrozenPart Freeze();

    /// <summary>Reads a key group that <see cref="IFrozenPart.WriteGroup"/> wrote; in the background, before the subtask starts.</summary>
    void ReadGroup(int group, DataReader reader, StateDescription written);
}

/// <summary>A view that a background thread writes while the subtask goes on.</summary>
internal interface IFrozenPart
{
    /// <summary>Writes a key group; nothing at all if it is empty. In the background.</summary>
    void WriteGroup(int group, DataWriter writer);

    /// <summary>Gives the view back, on the subtask's thread.</summary>
    void Release();
}
