namespace OrleansStream;

/// <summary>A partition of a topic.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">Its number, from 0.</param>
public readonly record struct KafkaPartition(string Topic, int Partition)
{
    /// <summary>The form in messages and checkpoints: <c>in/3</c>.</summary>
    public override string ToString() => $"{Topic}/{Partition}";

    internal static KafkaPartition Parse(string text)
    {
        int slash = text.LastIndexOf('/');
        return new KafkaPartition(text[..slash], int.Parse(text.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture));
    }
}
