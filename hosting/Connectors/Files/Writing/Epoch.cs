namespace OrleansStream.Connectors.Files;

/// <summary>What is written between two barriers. Belongs to the I/O side of a writer.</summary>
internal sealed class Epoch
{
    public List<PartFile> Parts { get; } = [];
}
