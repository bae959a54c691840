namespace OrleansStream.TestKit;

/// <summary>A request to a key that was sent with <see cref="SeededJob.Send"/>.</summary>
public sealed class SeededReply
{
    /// <summary>The reply; null until it has come.</summary>
    public KeyReply? Reply { get; private set; }

    internal void Set(KeyReply reply) => Reply = reply;
}
