namespace OrleansStream.Commits;

/// <summary>How a transactional id begins; see <see cref="DeferredStart"/>.</summary>
public enum DeferredStartKind
{
    /// <summary>It goes on from a known place.</summary>
    Resume,

    /// <summary>It writes a mark that begins a chain, alone in a transaction, and none of the pending epochs.</summary>
    Begin,

    /// <summary>Nobody knows what is written, and the policy is to fail.</summary>
    Unknown,
}
