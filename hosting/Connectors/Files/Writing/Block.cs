namespace OrleansStream.Connectors.Files;

/// <summary>Whole records on their way to a file.</summary>
/// <param name="Bytes">A pooled array.</param>
/// <param name="Length">How many bytes of it are used.</param>
/// <param name="Epoch">The epoch they belong to.</param>
/// <param name="Part">The number of the file within it.</param>
internal readonly record struct Block(byte[] Bytes, int Length, Epoch Epoch, int Part);
