namespace OrleansStream.Commits;

/// <summary>What becomes of epochs of which nobody can know whether they were written: their id has no mark, or one of another history (a restore of an older savepoint).</summary>
public enum UnknownEpochPolicy
{
    /// <summary>The job ends and says what is unknown. The default.</summary>
    Fail,

    /// <summary>They are written; what was written before is there twice.</summary>
    Rewrite,

    /// <summary>They are not written; what was not written before is lost.</summary>
    Skip,
}
