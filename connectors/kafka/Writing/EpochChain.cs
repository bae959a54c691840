using OrleansStream.Commits;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>What writer and committer of one subtask share.</summary>
internal sealed class EpochChain(Action wake)
{
    private long _uncommittedBytes;
    private int _commits;

    /// <summary>The mark that the subtask's id has when all that was prepared so far is written. Set when the id is opened, then by the preparation of each epoch, one after the other.</summary>
    public EpochMark Tail { get; set; }

    /// <summary>Bytes that were spooled and are not committed.</summary>
    public long UncommittedBytes => Volatile.Read(ref _uncommittedBytes);

    /// <summary>Whether a completed epoch is being committed, or is tried again. Only then may the writer hold back the dataflow: it will be over without another barrier.</summary>
    public bool IsCommitting => Volatile.Read(ref _commits) != 0;

    public void Spooled(long bytes) => Interlocked.Add(ref _uncommittedBytes, bytes);

    public void CommitBegins() => Volatile.Write(ref _commits, 1);

    public void CommitEnded(long bytes)
    {
        Interlocked.Add(ref _uncommittedBytes, -bytes);
        Volatile.Write(ref _commits, 0);
        wake();
    }
}
