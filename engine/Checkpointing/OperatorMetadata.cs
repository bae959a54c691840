namespace OrleansStream.Engine.Checkpointing;

/// <summary>One operator as it was when a checkpoint was taken.</summary>
/// <param name="Uid">Its uid, by which a restore finds its state.</param>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Parallelism">How many subtasks it had.</param>
/// <param name="MaxParallelism">How many key groups it had.</param>
/// <param name="States">Its states, ordered by name and kind.</param>
public sealed record OperatorMetadata(
    string Uid, string Name, int Parallelism, int MaxParallelism, IReadOnlyList<StateDescription> States);
